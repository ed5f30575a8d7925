//! A block of rows, and the rows that are rejected.

use plumb_lead::Table;

use super::columns::Columns;

/// Rows of a block: enough that the work on a block outweighs handing it over, and few enough that some blocks of each
/// core need little memory.
pub(super) const BLOCK_ROWS: usize = 8_192;

/// Some rows of a file.
#[derive(Debug)]
pub struct Block {
    /// The number of each row in the file, from 1.
    pub numbers: Vec<u64>,
    /// The id of each row, if a column was named for it.
    pub ids: Option<Vec<Option<String>>>,
    /// The features.
    pub table: Table,
    /// The rejected rows.
    pub rejected: Vec<RejectedRow>,
    /// How far the file is read, in the unit of its length.
    pub position: u64,
}

/// A row that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct RejectedRow {
    /// Its number in the file, from 1.
    pub number: u64,
    /// Its first line, in a file that has lines.
    pub line: Option<u64>,
    /// The column that is wrong; `None` if it is the whole row.
    pub field: Option<String>,
    /// What is wrong with it.
    pub reason: String,
}

impl Block {
    /// Takes the rejected rows out of what was read. `first` is the number of the first row.
    pub(super) fn new(columns: Columns, first: u64, position: u64) -> Block {
        let Columns { table, ids, faults } = columns;
        let number = |row: usize| first + row as u64;
        let rejected = faults.iter().map(|(row, fault)| RejectedRow {
            number: number(*row),
            line: None,
            field: Some(fault.field.clone()),
            reason: fault.reason.clone(),
        });
        let rejected = rejected.collect();
        if faults.is_empty() {
            return Block { numbers: (0..table.rows()).map(number).collect(), ids, table, rejected, position };
        }
        let accepted: Vec<usize> = (0..table.rows()).filter(|row| !faults.contains_key(row)).collect();
        let ids = ids.map(|mut ids| accepted.iter().map(|row| ids[*row].take()).collect());
        let numbers = accepted.iter().map(|row| number(*row)).collect();
        Block { numbers, ids, table: table.select(&accepted), rejected, position }
    }
}

impl std::fmt::Display for RejectedRow {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(formatter, "line {line}: ")?,
            None => write!(formatter, "row {}: ", self.number)?,
        }
        if let Some(field) = &self.field {
            write!(formatter, "`{field}`: ")?;
        }
        formatter.write_str(&self.reason)
    }
}
