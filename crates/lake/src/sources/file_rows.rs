//! The rows of one file, by column name, into its raw table.

use std::collections::BTreeMap;
use std::path::Path;

use super::source::SourceReport;
use crate::error::Error;
use crate::raw::{Cell, RawTable, RejectedRow};

/// One file that is being read.
pub(super) struct FileRows<'a> {
    pub(super) path: &'a Path,
    /// The path in the project, for the origin of rows.
    pub(super) label: &'a str,
    pub(super) table: &'a mut RawTable,
    pub(super) rejected: &'a mut Vec<RejectedRow>,
    pub(super) report: &'a mut SourceReport,
}

impl FileRows<'_> {
    /// Adds a row. A field without a column of its own gets one.
    pub(super) fn push(&mut self, mut fields: BTreeMap<String, String>, line: u64) -> Result<(), Error> {
        self.report.rows_read += 1;
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

    /// Rejects a line.
    pub(super) fn reject(&mut self, line: u64, reason: String) {
        self.rejected.push(RejectedRow { file: self.label.to_owned(), line, field: String::new(), reason });
    }
}
