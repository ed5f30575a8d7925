//! A SQL file of the project folder, and errors that name it.

use datafusion::sql::sqlparser::tokenizer::Location;
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// A SQL file of the project folder.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SqlFile {
    /// Its path in the project, for messages.
    pub name: String,
    /// Its text.
    pub sql: String,
}

impl SqlFile {
    /// Returns an error that names the file.
    pub(crate) fn error(&self, problem: impl std::fmt::Display) -> Error {
        Error::Sql { file: self.name.clone(), problem: problem.to_string() }
    }

    /// Returns an error that names the file, line and column.
    pub(crate) fn error_at(&self, at: Location, problem: impl std::fmt::Display) -> Error {
        Error::Sql { file: self.place(at), problem: problem.to_string() }
    }

    /// Returns a place in the file: its name, line and column.
    pub(crate) fn place(&self, at: Location) -> String {
        format!("{}:{}:{}", self.name, at.line, at.column)
    }
}
