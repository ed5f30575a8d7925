//! Rows that belong together: those of one person, and exact copies. They never stand on both sides of a split.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use anyhow::{Result, bail};
use plumb_lead::{MISSING_LEVEL, Values};
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
    /// Rows that are an exact copy of an earlier one.
    pub(crate) duplicates: usize,
    /// Whether copies stay together. They do not where most rows are some, because nothing tells leads apart.
    pub(crate) duplicates_apart: bool,
}

/// A group for each row.
#[derive(Clone, Debug)]
pub(super) struct RowGroups {
    /// `None` if every row stands alone.
    pub(super) groups: Option<Vec<usize>>,
    pub(super) summary: GroupSummary,
}

/// If more rows than this, in percent, are copies, the file has few columns and no lead's name: they are different leads.
const COPIES_PERCENT_MAX: usize = 50;

/// A value that more rows than this share, in percent, is a placeholder and nobody's own.
const SHARED_PERCENT_MAX: usize = 5;

/// Names of columns that tell leads apart, without what joins their parts.
const PERSON: &[&str] = &[
    "email", "emailaddress", "mail", "emailadresse", "leadid", "leadno", "leadnumber", "leadnr", "contactid", "prospectid",
    "personid", "customerid", "kundennr", "kundennummer",
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
        let by_row = copies(file, rows);
        let duplicates = rows.len() - count(&by_row);
        let duplicates_apart = duplicates > 0 && duplicates * 100 > rows.len() * COPIES_PERCENT_MAX;
        let by_row = Some(by_row).filter(|_| duplicates > 0 && !duplicates_apart);
        let summary = GroupSummary {
            found: found && column.is_some(),
            rows_in_groups: by_value.as_ref().map_or(0, |groups| shared(groups)),
            column: column.map(|column| column.plan.name.clone()),
            duplicates,
            duplicates_apart,
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
        let plain = column.plan.name.to_lowercase().chars().filter(|letter| letter.is_alphanumeric()).collect::<String>();
        let is_word = matches!(column.plan.reading, ColumnReading::Identifier | ColumnReading::Text | ColumnReading::Category);
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
        bail!("--group `{}` is a date: expected a column that says who a row is of, such as an id or an e-mail", column.plan.name);
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

/// Returns a group for each row: exact copies in every column of the file are together.
fn copies(file: &FileTable, rows: &[usize]) -> Vec<usize> {
    let mut first: HashMap<u64, Vec<usize>> = HashMap::new();
    let mut groups = Vec::with_capacity(rows.len());
    for (at, row) in rows.iter().enumerate() {
        let mut hasher = DefaultHasher::new();
        file.columns.iter().for_each(|column| cell(column, *row).hash(&mut hasher));
        let alike = first.entry(hasher.finish()).or_default();
        let same = alike.iter().copied().find(|other| is_copy(file, *row, rows[*other]));
        groups.push(same.unwrap_or(at));
        if same.is_none() {
            alike.push(at);
        }
    }
    groups
}

fn cell(column: &FileColumn, row: usize) -> Option<u64> {
    match &column.values {
        FileValues::Values(values) => key(values, row),
        FileValues::Timestamps(times) => Some(times[row] as u64),
    }
}

fn is_copy(file: &FileTable, left: usize, right: usize) -> bool {
    file.columns.iter().all(|column| cell(column, left) == cell(column, right))
}

fn count(groups: &[usize]) -> usize {
    groups.iter().enumerate().filter(|(at, group)| at == *group).count()
}

/// Returns the number of rows whose group has others.
fn shared(groups: &[usize]) -> usize {
    let mut sizes: HashMap<usize, usize> = HashMap::new();
    groups.iter().for_each(|group| *sizes.entry(*group).or_default() += 1);
    sizes.values().filter(|size| **size > 1).sum()
}
