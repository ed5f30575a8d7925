//! The rows of one file, by column name, into its raw table.

use std::collections::BTreeMap;
use std::path::Path;

use plumb_tables::Record;

use super::source::SourceReport;
use crate::error::Error;
use crate::files::limits::{NAME_BYTES_MAX, REJECTED_ROWS_MAX, SOURCE_COLUMNS_MAX};
use crate::raw::{RawTable, RejectedRow};
use plumb_connectors::Cell;

/// The columns that every raw table has itself.
const RESERVED: [&str; 7] = ["_origin", "_learned_at", "_deleted_at", "_changed_at", "_hash", "_key", "_sequence"];

/// One file that is being read.
pub(super) struct FileRows<'a> {
    pub(super) path: &'a Path,
    /// The path in the project, for the origin of rows.
    pub(super) label: &'a str,
    pub(super) table: &'a mut RawTable,
    pub(super) rejected: &'a mut Vec<RejectedRow>,
    /// How many rows of this file are among them.
    pub(super) rejected_rows: usize,
    /// All rows of this file so far, rejected ones included.
    pub(super) rows: u64,
    pub(super) report: &'a mut SourceReport,
}

impl FileRows<'_> {
    /// Adds a row. A field without a column of its own gets one, as long as there are not too many or its name too long: then
    /// the row is rejected.
    pub(super) fn push(&mut self, mut fields: BTreeMap<String, String>, line: u64) -> Result<(), Error> {
        self.report.rows_read += 1;
        self.rows += 1;
        if let Err(reason) = self.check(fields.keys()) {
            return self.note_rejected(line, "", reason);
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

    /// Returns the positions of columns in the table, which gets those that it lacks: a column is there even if all of its
    /// cells are empty.
    pub(super) fn columns(&mut self, names: &[String]) -> Result<Vec<usize>, Error> {
        self.check(names.iter()).map_err(|why| Error::file("read", self.path)(std::io::Error::other(why)))?;
        let position =
            |table: &mut RawTable, name: &String| match table.columns().iter().position(|(known, _)| known == name) {
                Some(position) => Ok(position),
                None => table.add_text_column(name),
            };
        names.iter().map(|name| position(self.table, name)).collect()
    }

    /// Adds a row whose cells belong to the columns at these positions. An empty cell is missing.
    pub(super) fn push_cells(&mut self, positions: &[usize], record: &Record, line: u64) -> Result<(), Error> {
        self.push_texts(positions.iter().copied().zip(record).filter(|(_, cell)| !cell.is_empty()), line)
    }

    /// Adds a row of texts, each with the position of its column.
    pub(super) fn push_texts<'t>(
        &mut self,
        texts: impl Iterator<Item = (usize, &'t str)>,
        line: u64,
    ) -> Result<(), Error> {
        self.report.rows_read += 1;
        self.rows += 1;
        let mut cells = vec![Cell::Null; self.table.columns().len()];
        texts.for_each(|(position, text)| cells[position] = Cell::Text(text.to_owned()));
        self.table.push(cells, format!("{}:{line}", self.label))
    }

    /// Returns why a row has more columns, or columns of longer names, than a source may have.
    pub(super) fn check<'n>(&self, names: impl Iterator<Item = &'n String> + Clone) -> Result<(), String> {
        if let Some(name) = names.clone().find(|name| RESERVED.contains(&name.as_str())) {
            return Err(format!("a column is called `{name}`, as one of the raw tables' own: expected another name"));
        }
        if let Some(name) = names.clone().find(|name| name.len() > NAME_BYTES_MAX) {
            let bytes = name.len();
            return Err(format!("a field has a name of {bytes} bytes: expected at most {NAME_BYTES_MAX}"));
        }
        let is_new = |name: &&String| self.table.columns().iter().all(|(known, _)| known != *name);
        let columns = self.table.columns().len() + names.filter(is_new).count();
        if columns > SOURCE_COLUMNS_MAX {
            return Err(format!(
                "with its fields the source would have {columns} columns: expected at most {SOURCE_COLUMNS_MAX}; are values \
                 used as names of fields?"
            ));
        }
        Ok(())
    }

    /// Rejects a line that is no row; `field` is the column at fault, or empty.
    pub(super) fn reject(&mut self, line: u64, field: &str, reason: String) -> Result<(), Error> {
        self.rows += 1;
        self.note_rejected(line, field, reason)
    }

    fn note_rejected(&mut self, line: u64, field: &str, reason: String) -> Result<(), Error> {
        self.rejected_rows += 1;
        if self.rejected_rows > REJECTED_ROWS_MAX {
            let why = format!("more than {REJECTED_ROWS_MAX} of its rows cannot be read, the last because: {reason}");
            return Err(Error::file("read on in", self.path)(std::io::Error::other(why)));
        }
        self.rejected.push(RejectedRow { file: self.label.to_owned(), line, field: field.to_owned(), reason });
        Ok(())
    }
}
