//! From a file to labelled rows: the target, the times, the groups, and the columns that models may see.

use anyhow::{Result, bail};

use super::file_table::{FileColumn, FileTable, FileValues};
use super::labelled_table::LabelledTable;
use super::outcome::TimeSummary;
use super::request::QuickRequest;
use super::row_groups::{GroupSummary, RowGroups};
use super::splits::{RowFacts, day};
use super::target::{OutcomeColumn, Target};
use super::time_column::TimeColumn;

/// A file that is ready to learn from.
pub(super) struct Prepared {
    pub(super) file: FileTable,
    /// The target's column.
    pub(super) column: String,
    pub(super) target: Target,
    pub(super) table: LabelledTable,
    pub(super) time: Option<TimeSummary>,
    pub(super) groups: GroupSummary,
}

/// Reads a file and decides what each of its columns is good for.
pub(super) fn prepare(request: &QuickRequest) -> Result<Prepared> {
    let (file, column) = FileTable::read(&request.file, &request.reading, &request.target)?;
    let target = match file.column(&column) {
        Some(FileColumn { plan, values: FileValues::Values(values) }) => {
            let outcome = OutcomeColumn { file: &file.report.file, name: &column, values, reading: &plan.reading };
            Target::read(outcome, &request.statuses)?
        }
        _ => bail!(
            "target `{column}` is a column of dates: expected two values, such as yes and no; make a column that says \
             whether the lead was won, or choose another"
        ),
    };
    let time = TimeColumn::find(&file, &request.time)?;
    let RowGroups { groups, summary } = RowGroups::find(&file, &target.rows, &request.group)?;
    let times = time.as_ref().map(|time| {
        let times = target.rows.iter().map(|row| time.times[*row]).collect();
        (time.name.clone(), times)
    });
    let facts = RowFacts { rows: target.rows.len(), times, groups };
    let time = time.zip(facts.span()).map(|(time, [first, last])| TimeSummary {
        column: time.name,
        why: time.why,
        first: day(first),
        last: day(last),
    });
    let table = LabelledTable::new(&file, &column, &target, &request.columns, facts, request.seed)?;
    Ok(Prepared { file, column, target, table, time, groups: summary })
}
