//! The thread that writes the journal. Whatever has come in while it waited for the disk is written and forced together.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use anyhow::Result;
use tokio::sync::{oneshot, watch};

use super::entry::StoredEntry;
use super::forced_file::ForcedFile;
use super::new_segment::NewSegment;
use super::segments::Segments;

/// A file of this size is followed by another, so that what is loaded can be removed.
const SEGMENT_BYTES_MAX: u64 = 64 << 20;

/// Lines that are forced together.
const LINES_MAX: usize = 1_024;

/// A line to be forced to the disk before `done` is sent, and the entry for the loader afterwards.
pub(super) struct Append {
    pub(super) line: Vec<u8>,
    pub(super) entry: StoredEntry,
    pub(super) done: oneshot::Sender<Result<(), String>>,
}

pub(super) struct Writer {
    folder: PathBuf,
    segments: Arc<Segments>,
    /// Bytes on the disk, over all files of this server.
    written: watch::Sender<u64>,
    file: ForcedFile,
    /// From this size on, another file is begun.
    bytes_max: u64,
}

impl Writer {
    /// Begins a first file.
    pub(super) fn begin(folder: PathBuf, segments: Arc<Segments>, written: watch::Sender<u64>) -> Result<Writer> {
        let file = begin(&folder, &segments)?;
        Ok(Writer { folder, segments, written, file, bytes_max: SEGMENT_BYTES_MAX })
    }

    /// Writes until all senders are gone.
    pub(super) fn run(mut self, received: &Receiver<Append>) {
        while let Ok(first) = received.recv() {
            let mut appends = vec![first];
            appends.extend(received.try_iter().take(LINES_MAX - 1));
            self.append_all(appends);
        }
    }

    /// Appends lines, hands their entries to the loader, and tells each caller what became of its own.
    pub(super) fn append_all(&mut self, appends: Vec<Append>) {
        let outcome = self.append(&appends).map_err(|error| format!("{error:#}"));
        let (entries, waiting): (Vec<StoredEntry>, Vec<_>) =
            appends.into_iter().map(|append| (append.entry, append.done)).unzip();
        if let Ok(added) = outcome {
            self.segments.grow(self.file.bytes(), entries.into_iter());
            self.written.send_modify(|written| *written += added);
        }
        for done in waiting {
            // The caller may have gone away.
            let _ = done.send(outcome.clone().map(drop));
        }
    }

    /// Takes the file for full, whatever is in it.
    #[cfg(test)]
    pub(super) fn fill(&mut self) {
        self.bytes_max = 0;
    }

    /// Writes lines and forces them to the disk, all of them or none; returns how many bytes they are.
    fn append(&mut self, appends: &[Append]) -> Result<u64> {
        if !self.file.takes_more(self.bytes_max) {
            self.file = begin(&self.folder, &self.segments)?;
            self.bytes_max = SEGMENT_BYTES_MAX;
        }
        let lines = appends.iter().map(|append| append.line.as_slice()).collect::<Vec<&[u8]>>().concat();
        self.file.append(&lines)?;
        Ok(lines.len() as u64)
    }
}

/// Begins a file, and has the segments hold its lock.
fn begin(folder: &Path, segments: &Segments) -> Result<ForcedFile> {
    let NewSegment { name, file } = NewSegment::begin(folder)?;
    let file = Arc::new(file);
    segments.begin(name, Some(file.clone()));
    Ok(ForcedFile::new(file))
}
