//! A reader of rows that stops within a row that is too long: what splits text into rows collects a row in memory.

use std::io::{Error, ErrorKind, Read, Result};

use super::limits::ROW_BYTES_MAX;

/// Reads a text, and refuses to read on once a row is longer than [`ROW_BYTES_MAX`].
pub(crate) struct RowLimit<R> {
    source: R,
    read: u64,
    row_begins: u64,
}

impl<R> RowLimit<R> {
    pub(crate) fn new(source: R) -> RowLimit<R> {
        RowLimit { source, read: 0, row_begins: 0 }
    }

    /// Notes the byte at which the next row begins.
    pub(crate) fn begin_row(&mut self, byte: u64) {
        self.row_begins = byte;
    }
}

impl<R: Read> Read for RowLimit<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        if self.read.saturating_sub(self.row_begins) > ROW_BYTES_MAX {
            let why = format!(
                "a row is longer than {ROW_BYTES_MAX} bytes: expected a line for each, and each quote that is opened to be \
                 closed"
            );
            return Err(Error::new(ErrorKind::InvalidData, why));
        }
        let count = self.source.read(buffer)?;
        self.read += count as u64;
        Ok(count)
    }
}
