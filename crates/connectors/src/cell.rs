//! Cells of rows, and their types.

use serde::{Deserialize, Serialize};

/// The type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CellKind {
    /// Text, and all that no other kind holds without loss: numbers of many digits, lists, documents.
    Text,
    /// Whole numbers of 64 bits.
    Integer,
    /// Numbers of 64 bits with a fraction.
    Real,
    /// True or false.
    Flag,
    /// Microseconds since 1970, UTC. Earlier state files have `moment`.
    #[serde(alias = "moment")]
    Timestamp,
}

/// One cell of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// There is no value.
    Null,
    /// A text as the system wrote it.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A finite number.
    Real(f64),
    /// A flag.
    Flag(bool),
    /// Microseconds since 1970, UTC.
    Timestamp(i64),
}

impl Cell {
    /// Returns the bytes of its text; 0 of any other cell.
    pub fn text_bytes(&self) -> usize {
        if let Cell::Text(text) = self { text.len() } else { 0 }
    }
}

impl std::fmt::Display for Cell {
    /// Writes the value as a key has it in messages; nothing for [`Cell::Null`].
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Cell::Null => Ok(()),
            Cell::Text(text) => formatter.write_str(text),
            Cell::Integer(value) => write!(formatter, "{value}"),
            Cell::Real(value) => write!(formatter, "{value}"),
            Cell::Flag(value) => write!(formatter, "{value}"),
            Cell::Timestamp(micros) => match chrono::DateTime::from_timestamp_micros(*micros) {
                Some(time) => write!(formatter, "{}", time.format("%Y-%m-%d %H:%M:%S%.6f+00")),
                None => write!(formatter, "{micros} µs"),
            },
        }
    }
}
