//! The rows of a file with their labels, and what becomes of each of its columns.

use anyhow::{Result, bail, ensure};
use plumb_lead::{Column, MISSING_LEVEL, Table, Values};
use plumb_learn::leaks::LeakInput;
use plumb_tables::ColumnReading;
use serde::Serialize;

use super::file_table::{FileColumn, FileTable, FileValues};
use super::splits::RowFacts;
use super::suspects::{Suspects, find};
use super::target::{Target, find_name};

/// A table with its labels.
#[derive(Clone, Debug)]
pub(super) struct LabelledTable {
    /// What the models may see, without the target.
    pub(super) table: Table,
    /// A label for each row.
    pub(super) labels: Vec<bool>,
    /// What is known of the rows for their split.
    pub(super) facts: RowFacts,
    /// Columns suspected to reveal the outcome.
    pub(super) suspects: Suspects,
    /// Columns that no model sees.
    pub(super) left_out: Vec<LeftOut>,
}

/// Which columns the user leaves out, and which look like a leak but are none.
#[derive(Clone, Debug, Default)]
pub(crate) struct ColumnChoice {
    /// Columns that no model may see.
    pub(crate) leave_out: Vec<String>,
    /// Columns that are known before the outcome.
    pub(crate) keep: Vec<String>,
}

/// A column that no model sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct LeftOut {
    /// The column.
    pub(crate) column: String,
    /// Why, in words that follow "left out because".
    pub(crate) why: &'static str,
}

impl LabelledTable {
    /// Takes the target, the columns that are left out and those that are no features off a file, and looks for leaks in
    /// the rest.
    pub(super) fn new(
        file: &FileTable,
        target_name: &str,
        target: &Target,
        choice: &ColumnChoice,
        facts: RowFacts,
        seed: u64,
    ) -> Result<LabelledTable> {
        let choice = choice.resolved(file, target_name)?;
        let (mut columns, mut left_out) = (Vec::new(), Vec::new());
        for column in file.columns.iter().filter(|column| column.plan.name != target_name) {
            match feature(column, &choice, &target.rows) {
                Ok(values) => columns.push(Column { name: column.plan.name.clone(), values }),
                Err(why) => left_out.push(LeftOut { column: column.plan.name.clone(), why }),
            }
        }
        let name = &file.report.file;
        ensure!(
            !columns.is_empty(),
            "there is no column to learn from: `{name}` has the target `{target_name}`{}; expected at least one other column",
            if left_out.is_empty() { " only" } else { ", and the others are left out" }
        );
        let table = Table::new(columns)?;
        let timestamps = timestamps(file, &target.rows);
        let created_at = facts.times.as_ref().map(|(_, times)| times.as_slice());
        let input = LeakInput {
            timestamps: &timestamps,
            created_at,
            keep: &choice.keep,
            ..LeakInput::new(&table, &target.labels)
        };
        let suspects = find(&input, target_name, seed)?;
        if suspects.suspects.len() == table.columns().len() {
            bail!(
                "every column is a suspected leak, and nothing is left to learn from:\n{}say with --keep which of them are \
                 known before the outcome",
                suspects.lines()
            );
        }
        Ok(LabelledTable { table, labels: target.labels.clone(), facts, suspects, left_out })
    }

    /// Returns the columns that are no suspected leaks.
    pub(super) fn without_suspects(&self) -> Table {
        self.table.without(&self.suspects.names())
    }

    /// Returns the labels of some rows.
    pub(super) fn labels_of(&self, rows: &[usize]) -> Vec<bool> {
        rows.iter().map(|row| self.labels[*row]).collect()
    }
}

impl ColumnChoice {
    /// Returns the same choice by the names of the file.
    fn resolved(&self, file: &FileTable, target: &str) -> Result<ColumnChoice> {
        let known = || file.report.plan.columns.iter().map(|column| column.name.as_str());
        let resolve = |typed: &Vec<String>| -> Result<Vec<String>> {
            typed.iter().map(|typed| find_name(known(), typed).map(str::to_owned)).collect()
        };
        let (leave_out, keep) = (resolve(&self.leave_out)?, resolve(&self.keep)?);
        if let Some(both) = keep.iter().find(|name| leave_out.contains(name)) {
            bail!("`{both}` is in --keep and in --leave-out: expected it in one of them");
        }
        ensure!(!leave_out.iter().any(|name| name == target), "--leave-out names the target `{target}` itself");
        for column in file.columns.iter().filter(|column| keep.contains(&column.plan.name)) {
            ensure!(
                matches!(column.values, FileValues::Values(_)),
                "--keep `{}`: it is a column of dates, and these are no features here: expected a column of numbers or words; \
                 make one of it, such as the days since, or the hour",
                column.plan.name
            );
        }
        Ok(ColumnChoice { leave_out, keep })
    }
}

/// Returns a column as the models see it, or why they do not.
fn feature(column: &FileColumn, choice: &ColumnChoice, rows: &[usize]) -> Result<Values, &'static str> {
    let FileColumn { plan, values } = column;
    if choice.leave_out.contains(&plan.name) {
        return Err("as chosen");
    }
    let FileValues::Values(values) = values else { return Err("dates, which are no features here") };
    let is_kept = choice.keep.contains(&plan.name);
    match plan.reading {
        ColumnReading::Identifier if !is_kept => return Err("identifiers"),
        ColumnReading::Text if !is_kept => return Err("texts that nearly every row has its own of"),
        _ => {}
    }
    match distinct_up_to_two(values, rows) {
        0 => Err("always missing"),
        1 => Err("the same in every row"),
        _ => Ok(select(values, rows)),
    }
}

/// Returns the columns of dates in some rows.
fn timestamps(file: &FileTable, rows: &[usize]) -> Vec<(String, Vec<i64>)> {
    let dates = file.columns.iter().filter_map(|column| match &column.values {
        FileValues::Timestamps(times) => Some((&column.plan.name, times)),
        FileValues::Values(_) => None,
    });
    dates.map(|(name, times)| (name.clone(), rows.iter().map(|row| times[*row]).collect())).collect()
}

/// Returns how many different values some rows have, missing being one; 0 if all are missing. It does not count beyond 2.
fn distinct_up_to_two(values: &Values, rows: &[usize]) -> usize {
    let key = |row: &usize| match values {
        Values::Number(values) | Values::Flag(values) => {
            Some(values[*row]).filter(|value| !value.is_nan()).map(|value| u64::from(value.to_bits()))
        }
        Values::Category { codes, .. } => Some(codes[*row]).filter(|code| *code != MISSING_LEVEL).map(u64::from),
    };
    let first = rows.first().map(key);
    if rows.iter().any(|row| Some(key(row)) != first) {
        return 2;
    }
    usize::from(first.flatten().is_some())
}

fn select(values: &Values, rows: &[usize]) -> Values {
    match values {
        Values::Number(values) => Values::Number(rows.iter().map(|row| values[*row]).collect()),
        Values::Flag(values) => Values::Flag(rows.iter().map(|row| values[*row]).collect()),
        Values::Category { codes, levels } => {
            Values::Category { codes: rows.iter().map(|row| codes[*row]).collect(), levels: levels.clone() }
        }
    }
}
