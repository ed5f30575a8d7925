//! The journal's files that are not loaded whole yet, and the newest entries, as long as there is room for them in memory:
//! then nothing has to be read and parsed a second time.

use std::fs::File;
use std::sync::{Arc, Mutex, PoisonError};

use super::entry::StoredEntry;

/// So many bytes of lines wait in memory at most, of all segments together; what comes beyond that is read from its file.
/// As rows for the database they need about twice as much.
const BYTES_MAX: u64 = 8 << 20;

/// The segments, oldest first; the last is being written.
#[derive(Debug, Default)]
pub(super) struct Segments(Mutex<Vec<Segment>>);

/// A file of the journal, as far as it is on the disk.
#[derive(Debug, Default)]
struct Segment {
    /// Its name without the ending, by which the database records how far it is loaded.
    name: String,
    /// Holds the file's lock until the file is loaded and removed, also when another one is being written: a server that
    /// starts meanwhile would take it for left behind.
    #[expect(dead_code, reason = "it is held, and not looked at")]
    lock: Option<Arc<File>>,
    bytes: u64,
    buffered: BufferedEntries,
}

/// The entries of a part of a file. The part ends where the file does, or where there was no room for more.
#[derive(Debug, Default)]
pub(super) struct BufferedEntries {
    pub(super) from: u64,
    pub(super) until: u64,
    pub(super) entries: Vec<StoredEntry>,
}

impl Segments {
    /// Adds a segment, which is the one being written from now on.
    pub(super) fn begin(&self, name: String, lock: Option<Arc<File>>) {
        self.with(|segments| segments.push(Segment { name, lock, ..Segment::default() }));
    }

    /// Records that the segment being written is on the disk up to this byte, and the entries that were added.
    pub(super) fn grow(&self, bytes: u64, entries: impl Iterator<Item = StoredEntry>) {
        self.with(|segments| {
            let held: u64 = segments.iter().map(|segment| segment.buffered.until - segment.buffered.from).sum();
            let Some(last) = segments.last_mut() else { return };
            let from = std::mem::replace(&mut last.bytes, bytes);
            let buffered = &mut last.buffered;
            let held_by_others = held - (buffered.until - buffered.from);
            if buffered.entries.is_empty() {
                *buffered = BufferedEntries { from, until: from, entries: Vec::new() };
            }
            if buffered.until == from && held_by_others + (bytes - buffered.from) <= BYTES_MAX {
                buffered.until = bytes;
                buffered.entries.extend(entries);
            }
        });
    }

    /// Returns the name of each segment and how much of it is on the disk.
    pub(super) fn all(&self) -> Vec<(String, u64)> {
        self.with(|segments| segments.iter().map(|segment| (segment.name.clone(), segment.bytes)).collect())
    }

    /// Takes the buffered entries of a segment.
    pub(super) fn take(&self, name: &str) -> BufferedEntries {
        self.with(|segments| {
            let segment = segments.iter_mut().find(|segment| segment.name == name);
            segment.map_or_else(BufferedEntries::default, |segment| std::mem::take(&mut segment.buffered))
        })
    }

    /// Forgets a segment whose file is gone.
    pub(super) fn forget(&self, name: &str) {
        self.with(|segments| segments.retain(|segment| segment.name != name));
    }

    fn with<T>(&self, change: impl FnOnce(&mut Vec<Segment>) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
