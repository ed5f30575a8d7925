//! Why a file could not be read.

use std::path::PathBuf;

/// Why a file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file does not exist.
    #[error("there is no file `{}`", .0.display())]
    Missing(PathBuf),
    /// It is a folder or something else.
    #[error("`{}` is not a file: expected a table of rows", .0.display())]
    NotAFile(PathBuf),
    /// The system could not read it.
    #[error("cannot read `{name}`")]
    Read {
        /// The file's name as messages show it.
        name: String,
        /// The system's error.
        #[source]
        source: std::io::Error,
    },
    /// It is not a table that can be read.
    #[error("`{name}` {problem}")]
    Unreadable {
        /// The file's name as messages show it.
        name: String,
        /// What is wrong, what was expected and what to do.
        problem: String,
    },
    /// A cell, row or header does not fit a plan that was fixed.
    #[error("`{name}`, {place}: {problem}")]
    Plan {
        /// The file's name as messages show it.
        name: String,
        /// The place: line or row, and column.
        place: String,
        /// The rule that it breaks, and the way out.
        problem: String,
    },
    /// More rows would be lost than is allowed.
    #[error(
        "`{name}`: {lost} of {rows} rows would be set aside ({first}): expected at most {allowed_percent} %; mend the file, or allow it with `--allow-lost PERCENT`"
    )]
    TooMuchLost {
        /// The file's name as messages show it.
        name: String,
        /// Rows that would be set aside.
        lost: u64,
        /// All rows.
        rows: u64,
        /// The first of them with its reason.
        first: String,
        /// The share that is allowed, in percent.
        allowed_percent: f64,
    },
}
