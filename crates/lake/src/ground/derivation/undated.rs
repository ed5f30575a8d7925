//! Undated fields: columns whose source does not record when they changed.

use datafusion::arrow::datatypes::Schema;
use serde::{Deserialize, Serialize};

use super::source_rows::LEAD;
use crate::sql_file::SqlFile;

/// Columns whose source does not record since when their values were known: today's value may not have been known
/// earlier, so that a model may learn from the future.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undated {
    /// The file of SQL, as in `sources/lead.sql`.
    pub file: String,
    /// `lead`, `event` or `outcome`.
    pub relation: String,
    /// The columns.
    pub columns: Vec<String>,
    /// Rows without `known_at`.
    pub rows: usize,
}

/// Columns that identify or date a row and are not fields of its lead.
const IN_EVERY_FILE: [&str; 9] =
    ["lead_key", "event_id", "created_at", "at", "known_at", "deleted_at", "is_test", "_origin", LEAD];

/// Returns the entry of a file with so many rows without `known_at`; `None` if there is no such row.
pub(super) fn undated(relation: &str, file: &SqlFile, columns: &Schema, rows: usize) -> Option<Undated> {
    let names = columns.fields().iter().map(|field| field.name());
    let columns = names.filter(|name| !IN_EVERY_FILE.contains(&name.as_str())).cloned().collect();
    (rows > 0).then(|| Undated { file: file.name.clone(), relation: relation.to_owned(), columns, rows })
}
