//! Streams of rows: tables of a database, objects of a CRM, streams of a program.

use crate::cell::{Cell, CellKind};

/// A stream of rows, as its system describes it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stream {
    /// Its name, which SQL knows it by: `leads` of `crm.leads`.
    pub name: String,
    /// Its columns, in the order in which rows have their cells.
    pub columns: Vec<Column>,
    /// The columns that no two rows have in common; empty if it is not known.
    pub key: Vec<String>,
    /// Whether this run gives all rows of the stream, or all their keys, so that rows of earlier runs that are not among
    /// them can be called deleted by [`crate::Sink::delete_unheard`].
    pub is_whole: bool,
}

/// A column of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// The type of its cells.
    pub kind: CellKind,
}

/// One row of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// A cell for each column of the stream.
    pub cells: Vec<Cell>,
    /// Where it is in the stream, from 1: its line, or its number. It is part of each message about the row.
    pub number: u64,
    /// When the system says that it gave the row, in microseconds since 1970; `None` is when this run began.
    pub heard_at: Option<i64>,
    /// Whether the row says that it was deleted. Its key counts, and its other cells are the last that are known.
    pub is_deleted: bool,
}

impl Column {
    /// Returns a column of text.
    pub fn text(name: impl Into<String>) -> Column {
        Column { name: name.into(), kind: CellKind::Text }
    }
}

impl Row {
    /// Returns a row that is there.
    pub fn new(number: u64, cells: Vec<Cell>) -> Row {
        Row { cells, number, heard_at: None, is_deleted: false }
    }
}
