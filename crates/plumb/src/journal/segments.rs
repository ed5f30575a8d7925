//! The files that are not loaded whole yet, and what was written last, as long as there is room for it in memory: then
//! nothing has to be read and understood a second time.

use std::sync::{Mutex, PoisonError};

use super::Record;

/// So many bytes of lines wait in memory at most; what comes beyond that is read from its file.
const BYTES_MAX: u64 = 8 << 20;

/// The files, oldest first; the last is being written.
#[derive(Debug, Default)]
pub(super) struct Segments(Mutex<Vec<Segment>>);

/// A file, as far as it is on the disk.
#[derive(Debug, Default)]
pub(super) struct Segment {
    /// Its name without the ending, under which the database knows how far it is loaded.
    pub(super) name: String,
    pub(super) bytes: u64,
    at_hand: AtHand,
}

/// What a part of a file says. The part ends where the file does, or where there was no room for more.
#[derive(Debug, Default)]
pub(super) struct AtHand {
    pub(super) from: u64,
    pub(super) until: u64,
    pub(super) records: Vec<Record>,
}

impl Segments {
    /// Adds a file, which is the one being written from now on.
    pub(super) fn begin(&self, name: String) {
        self.with(|segments| segments.push(Segment { name, ..Segment::default() }));
    }

    /// Notes that the file being written is on the disk up to here, and what was added says.
    pub(super) fn grow(&self, bytes: u64, records: impl Iterator<Item = Record>) {
        self.with(|segments| {
            let Some(last) = segments.last_mut() else { return };
            let from = std::mem::replace(&mut last.bytes, bytes);
            let at_hand = &mut last.at_hand;
            if at_hand.records.is_empty() {
                *at_hand = AtHand { from, until: from, records: Vec::new() };
            }
            if at_hand.until == from && bytes - at_hand.from <= BYTES_MAX {
                at_hand.until = bytes;
                at_hand.records.extend(records);
            }
        });
    }

    /// Returns the name of each file and how much of it is on the disk.
    pub(super) fn all(&self) -> Vec<(String, u64)> {
        self.with(|segments| segments.iter().map(|segment| (segment.name.clone(), segment.bytes)).collect())
    }

    /// Takes what is at hand of a file.
    pub(super) fn take(&self, name: &str) -> AtHand {
        self.with(|segments| {
            let segment = segments.iter_mut().find(|segment| segment.name == name);
            segment.map_or_else(AtHand::default, |segment| std::mem::take(&mut segment.at_hand))
        })
    }

    /// Forgets a file that is gone.
    pub(super) fn forget(&self, name: &str) {
        self.with(|segments| segments.retain(|segment| segment.name != name));
    }

    fn with<T>(&self, change: impl FnOnce(&mut Vec<Segment>) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
