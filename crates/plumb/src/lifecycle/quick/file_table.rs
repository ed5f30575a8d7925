//! A file of rows, read whole.

use std::path::Path;

use anyhow::Result;
use plumb_lead::Values;
use plumb_tables::{ColumnPlan, ColumnReading, ReadingReport, RecordSource, WholeTable, read_table};

use super::target::find_name;
use crate::lifecycle::reading::{ReadingOptions, open_table};

/// Words that say of an outcome that it is not known.
const MISSING_OUTCOMES: [&str; 13] =
    ["NA", "N/A", "#N/A", "null", "NaN", "unknown", "?", "-", "--", "Select", "(not set)", "(blank)", "undefined"];

/// A file in memory: every column that its reader did not pass over, and what became of the rest.
#[derive(Clone, Debug)]
pub(super) struct FileTable {
    /// The number of rows.
    pub(super) rows: usize,
    /// The columns in the order of the file.
    pub(super) columns: Vec<FileColumn>,
    /// How it was read.
    pub(super) report: ReadingReport,
}

/// A column of a file.
#[derive(Clone, Debug)]
pub(super) struct FileColumn {
    /// Its name, and how its cells were read.
    pub(super) plan: ColumnPlan,
    /// Its values.
    pub(super) values: FileValues,
}

/// The values of a column of a file.
#[derive(Clone, Debug)]
pub(super) enum FileValues {
    /// Numbers, flags or words; identifiers and texts are words as well.
    Values(Values),
    /// Microseconds since 1970 in UTC; `i64::MIN` is missing.
    Timestamps(Vec<i64>),
}

impl FileTable {
    /// Reads all rows, and returns the name of the target's column in the file as well. The target is read as words, so that
    /// none is reinterpreted, unless a plan says otherwise.
    pub(super) fn read(location: &Path, options: &ReadingOptions, target: &str) -> Result<(FileTable, String)> {
        let source = open_table(location, &options.plan.file)?;
        let target = target_name(source.as_ref(), target)?;
        let mut plan = options.plan.clone();
        if !plan.columns.iter().any(|column| column.name == target) {
            plan.columns.push(words_of_outcome(&target));
        }
        let whole = read_table(source, &plan, options.allow_lost_percent)?;
        let columns = whole.columns.iter().filter_map(|plan| {
            let values = values_of(&whole, &plan.name)?;
            Some(FileColumn { plan: plan.clone(), values })
        });
        Ok((FileTable { rows: whole.lines.len(), columns: columns.collect(), report: whole.report }, target))
    }

    /// Returns a column by its name.
    pub(super) fn column(&self, name: &str) -> Option<&FileColumn> {
        self.columns.iter().find(|column| column.plan.name == name)
    }
}

/// Returns the values of a column; `None` if it was passed over.
fn values_of(whole: &WholeTable, name: &str) -> Option<FileValues> {
    if let Some(column) = whole.table.column(name) {
        return Some(FileValues::Values(column.values.clone()));
    }
    let (_, times) = whole.timestamps.iter().find(|(known, _)| known == name)?;
    Some(FileValues::Timestamps(times.clone()))
}

fn target_name(source: &dyn RecordSource, typed: &str) -> Result<String> {
    let records = source.open()?;
    Ok(find_name(records.names().iter().map(String::as_str), typed)?.to_owned())
}

fn words_of_outcome(name: &str) -> ColumnPlan {
    let missing = MISSING_OUTCOMES.iter().map(|word| (*word).to_owned()).collect();
    ColumnPlan { name: name.to_owned(), reading: ColumnReading::Category, missing, merge_spellings: false }
}
