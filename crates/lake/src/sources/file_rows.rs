//! The rows of one file, by column name, into its raw table.

use std::collections::BTreeMap;
use std::path::Path;

use super::source::SourceReport;
use crate::error::Error;
use crate::files::limits::{NAME_BYTES_MAX, REJECTED_ROWS_MAX, SOURCE_COLUMNS_MAX};
use crate::raw::{Cell, RawTable, RejectedRow};

/// One file that is being read.
pub(super) struct FileRows<'a> {
    pub(super) path: &'a Path,
    /// The path in the project, for the origin of rows.
    pub(super) label: &'a str,
    pub(super) table: &'a mut RawTable,
    pub(super) rejected: &'a mut Vec<RejectedRow>,
    /// How many rows of this file are among them.
    pub(super) rejected_rows: usize,
    pub(super) report: &'a mut SourceReport,
}

impl FileRows<'_> {
    /// Adds a row. A field without a column of its own gets one, as long as there are not too many or its name too long: then
    /// the row is rejected.
    pub(super) fn push(&mut self, mut fields: BTreeMap<String, String>, line: u64) -> Result<(), Error> {
        self.report.rows_read += 1;
        if let Err(reason) = self.check(&fields) {
            return self.reject(line, reason);
        }
        for column in fields.keys() {
            if !self.table.columns().iter().any(|(known, _)| known == column) {
                self.table.add_text_column(column)?;
            }
        }
        let cells = self
            .table
            .columns()
            .iter()
            .map(|(column, _)| fields.remove(column).map_or(Cell::Null, Cell::Text))
            .collect();
        self.table.push(cells, format!("{}:{line}", self.label))
    }

    /// Returns why a row has more columns, or columns of longer names, than a source may have.
    fn check(&self, fields: &BTreeMap<String, String>) -> Result<(), String> {
        if let Some(name) = fields.keys().find(|name| name.len() > NAME_BYTES_MAX) {
            let bytes = name.len();
            return Err(format!("a field has a name of {bytes} bytes: expected at most {NAME_BYTES_MAX}"));
        }
        let is_new = |name: &&String| self.table.columns().iter().all(|(known, _)| known != *name);
        let columns = self.table.columns().len() + fields.keys().filter(is_new).count();
        if columns > SOURCE_COLUMNS_MAX {
            return Err(format!(
                "with its fields the source would have {columns} columns: expected at most {SOURCE_COLUMNS_MAX}; are values \
                 used as names of fields?"
            ));
        }
        Ok(())
    }

    /// Rejects a line.
    pub(super) fn reject(&mut self, line: u64, reason: String) -> Result<(), Error> {
        self.rejected_rows += 1;
        if self.rejected_rows > REJECTED_ROWS_MAX {
            let why = format!("more than {REJECTED_ROWS_MAX} of its rows cannot be read, the last because: {reason}");
            return Err(Error::file("read on in", self.path)(std::io::Error::other(why)));
        }
        self.rejected.push(RejectedRow { file: self.label.to_owned(), line, field: String::new(), reason });
        Ok(())
    }
}
