//! The rows of a CSV file, each with its line.

use std::io::Read;
use std::path::Path;

use csv::{ByteRecord, StringRecord};

use super::dialect::Dialect;
use super::error::{Error, RejectedRow};
use super::header::read_header;
use super::lines::Lines;
use crate::files::row_limit::RowLimit;

/// Reads row by row, so that a file need not fit into memory.
pub(super) struct RowReader<R> {
    reader: csv::Reader<Lines<RowLimit<R>>>,
    header: Vec<String>,
    record: ByteRecord,
}

impl<R: Read> RowReader<R> {
    /// Reads the header of a file; `path` is for messages.
    pub(super) fn start(dialect: Dialect, source: R, path: &Path) -> Result<RowReader<R>, Error> {
        let mut reader = dialect.reader(Lines::new(RowLimit::new(source)));
        let header = read_header(reader.byte_headers().cloned(), path)?;
        Ok(RowReader { reader, header, record: ByteRecord::new() })
    }

    /// Returns the names of the columns.
    pub(super) fn header(&self) -> &[String] {
        &self.header
    }

    /// Returns the next row with its line; `None` at the end.
    pub(super) fn next(&mut self) -> std::io::Result<Option<(u64, Result<StringRecord, RejectedRow>)>> {
        let begins = self.reader.position().byte();
        self.reader.get_mut().source_mut().begin_row(begins);
        match self.reader.read_byte_record(&mut self.record) {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            Err(error) => {
                let (error, line) = (std::io::Error::from(error), self.reader.get_mut().line_at(begins));
                return Err(std::io::Error::new(error.kind(), format!("line {line}: {error}")));
            }
        }
        let start = self.record.position().map_or(0, csv::Position::byte);
        let line = self.reader.get_mut().line_at(start);
        Ok(Some((line, self.checked(line))))
    }

    fn checked(&mut self, line: u64) -> Result<StringRecord, RejectedRow> {
        let (record, expected) = (&self.record, self.header.len());
        if record.len() != expected {
            let mut reason = format!("expected {expected} fields, found {}", record.len());
            let breaks = record.iter().flatten().filter(|byte| **byte == b'\n').count();
            if breaks > 0 {
                reason.push_str(&format!("; a quote that is opened here goes on for {breaks} more lines"));
            }
            return Err(RejectedRow { line, field: None, reason });
        }
        StringRecord::from_byte_record(std::mem::take(&mut self.record)).map_err(|error| {
            let field = self.header.get(error.utf8_error().field()).cloned();
            self.record = error.into_byte_record();
            RejectedRow { line, field, reason: "not valid UTF-8".to_owned() }
        })
    }
}
