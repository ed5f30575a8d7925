//! Undated fields: columns whose source does not record when they changed.

use datafusion::arrow::array::Array;
use serde::{Deserialize, Serialize};

use super::source_rows::SourceRows;
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
const IN_EVERY_FILE: [&str; 8] =
    ["lead_key", "event_id", "created_at", "at", "known_at", "deleted_at", "is_test", "_origin"];

/// Returns the files of a relation with rows without `known_at`.
pub(super) fn undated(relation: &str, files: &[&SqlFile], rows: &SourceRows) -> Vec<Undated> {
    let known = rows.micros("known_at");
    let mut counts = vec![0; files.len()];
    for row in (0..known.len()).filter(|row| known.is_null(*row)) {
        counts[usize::from(rows.file_of[row])] += 1;
    }
    let counted = files.iter().zip(counts).zip(&rows.columns_of).filter(|((_, rows), _)| *rows > 0);
    counted
        .map(|((file, rows), columns)| Undated {
            file: file.name.clone(),
            relation: relation.to_owned(),
            columns: columns.iter().filter(|column| !IN_EVERY_FILE.contains(&column.as_str())).cloned().collect(),
            rows,
        })
        .collect()
}
