//! What a file of SQL was run over, said.

use serde::Serialize;

use crate::sql_file::SqlFile;

/// What a file of SQL was run over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RunOver {
    /// The file of SQL, as in `sources/event.sql`.
    pub file: String,
    /// Whether it was run over new raw rows alone, and not over all.
    pub new_rows_alone: bool,
    /// Why it was run over all; empty if it was not.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub why: &'static str,
}

impl RunOver {
    /// Returns that a file was run over all raw rows, and why.
    pub(super) fn all(file: &SqlFile, why: &'static str) -> RunOver {
        RunOver { file: file.name.clone(), new_rows_alone: false, why }
    }

    /// Returns that a file was run over the new raw rows alone.
    pub(super) fn new_rows(file: &SqlFile) -> RunOver {
        RunOver { file: file.name.clone(), new_rows_alone: true, why: "" }
    }
}
