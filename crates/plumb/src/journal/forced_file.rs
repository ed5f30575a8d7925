//! A file of lines that are on the disk before anybody is told so: all of those that are written together, or none.

use std::fs::File;
use std::io::Write;
use std::sync::Arc;

use anyhow::{Context, Result};

/// A file that is appended to.
pub(crate) struct ForcedFile {
    file: Arc<File>,
    /// The good part of the file.
    bytes: u64,
    /// Whether there may be half a line behind the good part, so that nothing may follow.
    is_spoilt: bool,
}

impl ForcedFile {
    /// Begins with an empty file.
    pub(crate) fn new(file: Arc<File>) -> ForcedFile {
        ForcedFile { file, bytes: 0, is_spoilt: false }
    }

    /// Returns how many bytes are on the disk.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Returns whether more lines may follow, of a file that is full at a size.
    pub(crate) fn takes_more(&self, bytes_max: u64) -> bool {
        self.bytes < bytes_max && !self.is_spoilt
    }

    /// Writes lines and forces them to the disk, all of them or none.
    pub(crate) fn append(&mut self, lines: &[u8]) -> Result<()> {
        let forced = self.file.as_ref().write_all(lines).and_then(|()| self.file.sync_data());
        if let Err(error) = forced {
            // Half a line in the middle would make the next ones unreadable.
            self.is_spoilt = true;
            self.file.set_len(self.bytes).context("the file cannot be cut back to its last whole line")?;
            self.is_spoilt = false;
            return Err(error).context("the disk does not take it");
        }
        self.bytes += lines.len() as u64;
        Ok(())
    }
}
