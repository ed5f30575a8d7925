//! Rows that belong together: those of one person, and exact copies. They never stand on both sides of a split.

use std::collections::HashMap;

use anyhow::{Result, bail};
use plumb_lead::{Column, MISSING_LEVEL, Table, Values};
use plumb_learn::leaks::{DuplicateRows, duplicate_groups};
use plumb_learn::split;
use plumb_tables::ColumnReading;
use serde::Serialize;

use super::file_table::{FileColumn, FileTable, FileValues};
use super::target::find_name;

/// Which column tells who a row is of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum GroupChoice {
    /// The one whose name says so, if its values occur more than once.
    #[default]
    Find,
    /// None.
    Without,
    /// This one.
    Column(String),
}

/// Rows that stay together, in figures.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct GroupSummary {
    /// The column whose rows of one value stay together.
    pub(crate) column: Option<String>,
    /// Whether it was found by its name.
    pub(crate) found: bool,
    /// Rows that share their value of it with others.
    pub(crate) rows_in_groups: usize,
    /// Rows that equal an earlier one in every column.
    pub(crate) duplicates: usize,
    /// Whether they are copies, which stay together; otherwise there are about as many as chance makes.
    pub(crate) are_copies: bool,
}

/// A group for each row.
#[derive(Clone, Debug)]
pub(super) struct RowGroups {
    /// `None` if every row stands alone.
    pub(super) groups: Option<Vec<usize>>,
    pub(super) summary: GroupSummary,
}

/// A value that more rows than this share, in percent, is a placeholder and nobody's own.
const SHARED_PERCENT_MAX: usize = 5;

/// Names of columns that tell leads apart, without what joins their parts.
const PERSON: &[&str] = &[
    "email",
    "emailaddress",
    "mail",
    "emailadresse",
    "leadid",
    "leadno",
    "leadnumber",
    "leadnr",
    "contactid",
    "prospectid",
    "personid",
    "customerid",
    "kundennr",
    "kundennummer",
];

impl RowGroups {
    /// Finds the groups of some rows of a file.
    pub(super) fn find(file: &FileTable, rows: &[usize], choice: &GroupChoice) -> Result<RowGroups> {
        let (column, found) = match choice {
            GroupChoice::Without => (None, false),
            GroupChoice::Column(typed) => {
                let name = find_name(file.columns.iter().map(|column| column.plan.name.as_str()), typed)?;
                (file.columns.iter().find(|column| column.plan.name == name), false)
            }
            GroupChoice::Find => (of_person(file, rows), true),
        };
        let by_value = column.map(|column| groups_of(column, rows)).transpose()?;
        let whole = whole_rows(file, rows)?;
        let duplicates = DuplicateRows::count(&whole);
        let by_row = duplicates.are_copies().then(|| duplicate_groups(&whole));
        let summary = GroupSummary {
            found: found && column.is_some(),
            rows_in_groups: by_value.as_ref().map_or(0, |groups| shared(groups)),
            column: column.map(|column| column.plan.name.clone()),
            duplicates: duplicates.rows,
            are_copies: duplicates.are_copies(),
        };
        let groups = match (by_value, by_row) {
            (Some(left), Some(right)) => Some(split::joined_groups(&left, &right)?),
            (one, other) => one.or(other),
        };
        Ok(RowGroups { groups, summary })
    }
}

/// Returns the column whose name says that it tells leads apart, if rows share its values, and no value is everybody's.
fn of_person<'a>(file: &'a FileTable, rows: &[usize]) -> Option<&'a FileColumn> {
    let is_named = |column: &&FileColumn| {
        let plain =
            column.plan.name.to_lowercase().chars().filter(|letter| letter.is_alphanumeric()).collect::<String>();
        let is_word =
            matches!(column.plan.reading, ColumnReading::Identifier | ColumnReading::Text | ColumnReading::Category);
        is_word && PERSON.contains(&plain.as_str())
    };
    let repeats = |column: &&FileColumn| {
        groups_of(column, rows).is_ok_and(|groups| {
            let mut sizes: HashMap<usize, usize> = HashMap::new();
            groups.iter().for_each(|group| *sizes.entry(*group).or_default() += 1);
            let largest = sizes.values().copied().max().unwrap_or(0);
            largest > 1 && largest * 100 <= rows.len().max(100) * SHARED_PERCENT_MAX
        })
    };
    file.columns.iter().filter(is_named).find(repeats)
}

/// Returns a group for each row: rows of one value are together, a row without a value is alone.
fn groups_of(column: &FileColumn, rows: &[usize]) -> Result<Vec<usize>> {
    let FileValues::Values(values) = &column.values else {
        bail!(
            "--group `{}` is a date: expected a column that says who a row is of, such as an id or an e-mail",
            column.plan.name
        );
    };
    let mut first: HashMap<u64, usize> = HashMap::new();
    let group = |(at, row): (usize, &usize)| match key(values, *row) {
        Some(key) => *first.entry(key).or_insert(at),
        None => at,
    };
    Ok(rows.iter().enumerate().map(group).collect())
}

/// Returns the value of a row as a number that other values do not have; `None` if it is missing.
fn key(values: &Values, row: usize) -> Option<u64> {
    match values {
        Values::Number(values) | Values::Flag(values) => {
            Some(values[row]).filter(|value| !value.is_nan()).map(|value| u64::from(value.to_bits()))
        }
        Values::Category { codes, .. } => Some(codes[row]).filter(|code| *code != MISSING_LEVEL).map(u64::from),
    }
}

/// Returns some rows with every column of the file, identifiers and dates included.
fn whole_rows(file: &FileTable, rows: &[usize]) -> Result<Table> {
    let values = |column: &FileColumn| match &column.values {
        FileValues::Values(values) => values.clone(),
        FileValues::Timestamps(times) => {
            let mut codes_of: HashMap<i64, u32> = HashMap::new();
            let codes = times.iter().map(|time| {
                let next = codes_of.len() as u32;
                *codes_of.entry(*time).or_insert(next)
            });
            Values::Category { codes: codes.collect(), levels: Vec::new() }
        }
    };
    let columns = file.columns.iter().map(|column| Column { name: column.plan.name.clone(), values: values(column) });
    Ok(Table::new(columns.collect())?.select(rows))
}

/// Returns the number of rows whose group has others.
fn shared(groups: &[usize]) -> usize {
    let mut sizes: HashMap<usize, usize> = HashMap::new();
    groups.iter().for_each(|group| *sizes.entry(*group).or_default() += 1);
    sizes.values().filter(|size| **size > 1).sum()
}
