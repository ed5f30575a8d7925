//! From cells to typed columns, and what is said of them.

mod numbers;
mod dates;
mod words;
mod missing;
mod identifiers;
mod plans;
mod laws;
mod cells;
mod whole;

use plumb_tables::ReadingPlan;

use crate::memory::{Memory, Whole, read_by};

/// Reads a comma-separated table of columns, each given as cells with `|` between them that are repeated.
#[track_caller]
fn read(columns: &[(&str, &str)]) -> Whole {
    read_separated(columns, ',')
}

#[track_caller]
fn read_separated(columns: &[(&str, &str)], separator: char) -> Whole {
    let given: Vec<(&str, Vec<String>)> =
        columns.iter().map(|(name, cells)| (*name, cells.split('|').map(str::to_owned).collect())).collect();
    let longest = given.iter().map(|(_, cells)| cells.len()).max().unwrap_or(0);
    let filled: Vec<(&str, Vec<String>)> =
        given.into_iter().map(|(name, cells)| (name, cells.iter().cycle().take(longest).cloned().collect())).collect();
    read_by(Memory::new(&filled, separator), &ReadingPlan::default()).expect("a table")
}

/// Returns cells with `|` between them, made one by one.
fn cells(count: usize, cell: impl Fn(usize) -> String) -> String {
    (0..count).map(cell).collect::<Vec<_>>().join("|")
}
