//! Why a table cannot be described.

/// Why a table cannot be described.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A block does not have the columns that were announced.
    #[error("column {place} of a block does not fit: expected {expected}")]
    Block {
        /// Its place, from 1.
        place: usize,
        /// What was announced.
        expected: String,
    },
    /// The target is no column of the table.
    #[error("there is no column `{0}` to take as the target: expected one of {1}")]
    NoTarget(String, String),
    /// The target does not say which of its values is positive.
    #[error("target `{column}` has {found}: name its positive values with `--positive`")]
    Positive {
        /// The target.
        column: String,
        /// Its values.
        found: String,
    },
    /// No row, or every row, has the positive value.
    #[error(
        "target `{column}`: {positives} of {rows} rows are positive (`{wanted}`), so that nothing can be compared: its values are {found}"
    )]
    OneClass {
        /// The target.
        column: String,
        /// The rows that are positive.
        positives: u64,
        /// The rows in which the target is known.
        rows: u64,
        /// What was taken as positive.
        wanted: String,
        /// Its values.
        found: String,
    },
    /// The time column is no timestamp of the table.
    #[error("column `{0}` is no time: expected one of {1}")]
    NoTime(String, String),
    /// Leaks or drift could not be looked for.
    #[error(transparent)]
    Learn(#[from] plumb_learn::Error),
    /// The sample could not become a table.
    #[error(transparent)]
    Table(#[from] plumb_lead::Error),
}
