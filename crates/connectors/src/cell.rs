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
    /// Microseconds since 1970, UTC.
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
