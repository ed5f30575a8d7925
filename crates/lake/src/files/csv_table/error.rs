//! Rows and files that cannot be read.

use std::path::PathBuf;

/// A row that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectedRow {
    /// Its first line in the file, from 1.
    pub line: u64,
    /// The column that is wrong; `None` if it is the whole row.
    pub field: Option<String>,
    /// What is wrong with it.
    pub reason: String,
}

/// Why a file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file does not exist.
    #[error("there is no file `{}`", .0.display())]
    Missing(PathBuf),
    /// It is a folder or something else.
    #[error("`{}` is not a file: expected a CSV file", .0.display())]
    NotAFile(PathBuf),
    /// The system could not read it.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's error.
        #[source]
        source: std::io::Error,
    },
    /// It is not text in UTF-8.
    #[error("`{}` {problem}: expected a CSV file in UTF-8", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
        /// What it seems to be.
        problem: &'static str,
    },
    /// It is too large to be read whole.
    #[error("`{}` has more than {most}: expected a data set that fits into memory; take a sample of its rows", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit that it exceeds.
        most: String,
    },
    /// Its first line does not name the columns.
    #[error("the header of `{}`: {problem}", path.display())]
    Header {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// No row could be read.
    #[error("`{}` has no rows under its header{}", path.display(), first_reason(first))]
    NoRows {
        /// The file.
        path: PathBuf,
        /// The first of the rows that could not be read, if there are any.
        first: Option<RejectedRow>,
    },
}

impl std::fmt::Display for RejectedRow {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "line {}: ", self.line)?;
        if let Some(field) = &self.field {
            write!(formatter, "`{field}`: ")?;
        }
        formatter.write_str(&self.reason)
    }
}

fn first_reason(first: &Option<RejectedRow>) -> String {
    first.as_ref().map_or_else(String::new, |rejected| format!(" that can be read; {rejected}"))
}
