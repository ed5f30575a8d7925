//! Rows that cannot be read.

use serde::{Deserialize, Serialize};

/// A row that cannot be read: data, not an error.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RejectedRow {
    /// The source's file or table.
    pub file: String,
    /// The line, or the row's number in its table.
    pub line: u64,
    /// The field at fault; empty if it is the whole row.
    pub field: String,
    /// Why, with the value and what was expected.
    pub reason: String,
}

impl RejectedRow {
    /// Returns the rejection of the row at `origin`, its file and line as in `mail.jsonl:17`.
    pub(crate) fn at(origin: &str, field: &str, reason: String) -> RejectedRow {
        let (file, line) = match origin.rsplit_once(':').map(|(file, line)| (file, line.parse())) {
            Some((file, Ok(line))) => (file, line),
            _ => (origin, 0),
        };
        RejectedRow { file: file.to_owned(), line, field: field.to_owned(), reason }
    }

    /// Returns what rejected rows are ordered by.
    pub(crate) fn place(&self) -> (&str, u64, &str, &str) {
        (&self.file, self.line, &self.field, &self.reason)
    }
}

impl std::fmt::Display for RejectedRow {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "line {}: ", self.line)?;
        if !self.field.is_empty() {
            write!(formatter, "`{}`: ", self.field)?;
        }
        formatter.write_str(&self.reason)
    }
}
