//! Any two files compared, by the measures of the monitoring: no project, no model.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use chrono::{DateTime, TimeDelta, Utc};
use plumb_lead::{Drift, FeatureSet, MessageCatalog, Table};
use plumb_learn::drift::{self, Budget, DatedRows, Watched, Window};
use plumb_tables::{ColumnReading, ReadingPlan, WholeTable, read_table};
use serde::Serialize;

use crate::blocking::run_blocking;
use crate::lifecycle::reading::open_table;

/// A file is cut into so many parts, in its order, to see how much parts of it differ by themselves.
const PARTS: usize = 16;

/// What is compared with what.
#[derive(Clone, Debug)]
pub(crate) struct FilesRequest {
    /// The earlier file.
    pub(crate) reference: PathBuf,
    /// The later one.
    pub(crate) current: PathBuf,
    /// The share of rows that may be lost in reading, in percent.
    pub(crate) allow_lost_percent: f64,
}

/// How a file differs from another.
#[derive(Debug, Serialize)]
pub(crate) struct FilesOutcome {
    /// The earlier file.
    pub(crate) reference: ComparedFile,
    /// The later one.
    pub(crate) current: ComparedFile,
    /// Columns that only the earlier one has.
    pub(crate) gone: Vec<String>,
    /// Columns that only the later one has.
    pub(crate) new: Vec<String>,
    /// Columns of which another kind of value is read now.
    pub(crate) kinds_changed: Vec<KindChanged>,
    /// Columns that were compared, those that moved most first.
    pub(crate) columns: Vec<Drift>,
    /// Columns whose values are not compared, because every row has its own or they are times.
    pub(crate) not_compared: Vec<String>,
}

/// A file that was read.
#[derive(Debug, Serialize)]
pub(crate) struct ComparedFile {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Rows that were read.
    pub(crate) rows: usize,
    /// Rows that could not be read.
    pub(crate) rows_lost: u64,
}

/// A column of another kind.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct KindChanged {
    /// The column.
    pub(crate) column: String,
    /// What it was read as.
    pub(crate) before: &'static str,
    /// What it is read as.
    pub(crate) now: &'static str,
}

/// Compares two files.
pub(crate) async fn compare_files(request: FilesRequest) -> Result<FilesOutcome> {
    run_blocking(move |_| {
        let read = |path: &Path| -> Result<WholeTable> {
            Ok(read_table(
                open_table(path, &ReadingPlan::default().file)?,
                &ReadingPlan::default(),
                request.allow_lost_percent,
            )?)
        };
        let (before, now) = (read(&request.reference)?, read(&request.current)?);
        let compared = compare(&before, &now).context("cannot compare the files")?;
        let file = |path: &Path, whole: &WholeTable| ComparedFile {
            path: path.to_owned(),
            rows: whole.lines.len(),
            rows_lost: whole.report.rows_set_aside,
        };
        let (reference, current) = (file(&request.reference, &before), file(&request.current, &now));
        Ok(FilesOutcome { reference, current, ..compared })
    })
    .await
}

fn compare(before: &WholeTable, now: &WholeTable) -> Result<FilesOutcome> {
    let names =
        |whole: &WholeTable| -> Vec<String> { whole.columns.iter().map(|column| column.name.clone()).collect() };
    let (names_before, names_now) = (names(before), names(now));
    let lacks = |names: &[String], others: &[String]| -> Vec<String> {
        names.iter().filter(|name| !others.contains(name)).cloned().collect()
    };
    let mut kinds_changed = Vec::new();
    let mut not_compared = Vec::new();
    let mut compared = Vec::new();
    for column in before.columns.iter().filter(|column| names_now.contains(&column.name)) {
        let name = &column.name;
        let (kind, kind_now) = (kind(before, name), kind(now, name));
        let is_comparable = |kind: &str| ["number", "category"].contains(&kind);
        match () {
            // A column of which every row is missing is of no kind.
            () if kind != kind_now && kind != "empty" && kind_now != "empty" => {
                kinds_changed.push(KindChanged { column: name.clone(), before: kind, now: kind_now });
            }
            () if is_comparable(kind) && now.table.column(name).is_some() => compared.push(name.clone()),
            () => not_compared.push(name.clone()),
        }
    }
    if compared.is_empty() && kinds_changed.is_empty() {
        bail!("they have no column in common whose values can be compared: `{}`", names_before.join("`, `"));
    }
    Ok(FilesOutcome {
        reference: ComparedFile { path: PathBuf::new(), rows: 0, rows_lost: 0 },
        current: ComparedFile { path: PathBuf::new(), rows: 0, rows_lost: 0 },
        gone: lacks(&names_before, &names_now),
        new: lacks(&names_now, &names_before),
        kinds_changed,
        columns: drifts(&only(&before.table, &compared)?, &only(&now.table, &compared)?)?,
        not_compared,
    })
}

/// What a column's values are, as a word. Numbers and yes and no are one: a column of 0 and 1 is either.
fn kind(whole: &WholeTable, name: &str) -> &'static str {
    let reading = whole.columns.iter().find(|column| column.name == name).map(|column| &column.reading);
    match reading {
        Some(ColumnReading::Number(_) | ColumnReading::Flag { .. }) => "number",
        Some(ColumnReading::Category) => "category",
        Some(ColumnReading::Timestamp { .. }) => "time",
        Some(ColumnReading::Identifier) => "identifier",
        Some(ColumnReading::Text) => "text",
        Some(ColumnReading::Ignored { .. }) | None => "empty",
    }
}

fn only(table: &Table, names: &[String]) -> Result<Table> {
    Ok(Table::new(names.iter().filter_map(|name| table.column(name)).cloned().collect())?)
}

/// Returns how far each column moved, the furthest first.
fn drifts(before: &Table, now: &Table) -> Result<Vec<Drift>> {
    if before.columns().is_empty() {
        return Ok(Vec::new());
    }
    let features = FeatureSet::learn(before, &MessageCatalog::default());
    // The measures expect scores as well; without a model there are none, and these say nothing.
    let scores = |rows: usize| vec![0.5; rows];
    let (matrix, _) = features.encode(before)?;
    let at = times_of_parts(before.rows());
    let scores_before = scores(before.rows());
    let rows = DatedRows { matrix: &matrix, at: &at, scores: &scores_before, scores_at: &at };
    let baseline = drift::baseline_by_week(&features, &rows)?;
    let (matrix, unseen) = features.encode(now)?;
    let counts = baseline.count(&features, &matrix, &scores(now.rows()), &unseen)?;
    // One comparison of all columns, as if it were made each week.
    let budget = Budget { false_alarms_a_year: 1.0, targets: 1 };
    let chance = budget.chance_a_test(Watched::Columns, before.columns().len());
    let window = Window { from: None, weeks: 1, counts: &counts, earlier: &[] };
    let mut drifts = baseline.compare(&features, &window, chance)?;
    // The first is of the scores.
    drifts.remove(0);
    drifts.sort_by(|one, other| {
        other.verdict.cmp(&one.verdict).then(other.jensen_shannon.total_cmp(&one.jensen_shannon))
    });
    Ok(drifts)
}

/// Returns a time for each row, by which its part of the file is a week.
fn times_of_parts(rows: usize) -> Vec<DateTime<Utc>> {
    let week = |row: usize| i64::try_from(row * PARTS / rows.max(1)).unwrap_or(0);
    (0..rows).map(|row| DateTime::UNIX_EPOCH + TimeDelta::weeks(week(row))).collect()
}

#[cfg(test)]
mod tests {
    use plumb_lead::Verdict;

    use super::*;

    fn file(rows: usize, cell: impl Fn(usize) -> String, header: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("leads.csv");
        let text: String = (0..rows).map(|row| cell(row) + "\n").collect();
        std::fs::write(&path, format!("{header}\n{text}")).expect("writable");
        (folder, path)
    }

    #[tokio::test]
    async fn two_files_differ_by_columns_kinds_and_distributions() {
        let channel = |row: usize| ["ads", "email", "event"][row % 3];
        let before = |row: usize| format!("{},{},{},{}", row % 50, channel(row), row % 7, row * 31 % 10);
        let (_folder, reference) = file(600, before, "age,channel,size,visits");
        let now = |row: usize| {
            let channel = if row.is_multiple_of(4) { "tiktok" } else { channel(row) };
            format!("{},{channel},{},{}", 40 + row % 50, ["S", "M", "L"][row % 3], row % 2)
        };
        let (_other, current) = file(400, now, "age,channel,size,calls");
        let request = FilesRequest { reference, current, allow_lost_percent: 1.0 };
        let outcome = compare_files(request).await.expect("both can be read");
        assert_eq!((outcome.reference.rows, outcome.current.rows), (600, 400));
        assert_eq!((outcome.gone, outcome.new), (vec!["visits".to_owned()], vec!["calls".to_owned()]));
        let changed = KindChanged { column: "size".into(), before: "number", now: "category" };
        assert_eq!(outcome.kinds_changed, [changed]);
        let verdicts: Vec<(&str, Verdict)> =
            outcome.columns.iter().map(|drift| (drift.column.as_str(), drift.verdict)).collect();
        assert_eq!(verdicts, [("age", Verdict::Drifted), ("channel", Verdict::Drifted)]);
        assert_eq!(outcome.columns[1].unseen, [("tiktok".to_owned(), 0.25)]);
    }

    #[tokio::test]
    async fn files_alike_are_stable_and_strangers_are_refused() {
        let row = |row: usize| format!("{},{}", row * 7919 % 50, ["ads", "email"][row * 31 % 7 % 2]);
        let ((_a, one), (_b, other), (_c, strange)) = (
            file(600, row, "age,channel"),
            file(500, |index| row(index + 17), "age,channel"),
            file(100, |row| format!("x{}", row % 3), "colour"),
        );
        let request = |current: &PathBuf| FilesRequest {
            reference: one.clone(),
            current: current.clone(),
            allow_lost_percent: 1.0,
        };
        let outcome = compare_files(request(&other)).await.expect("both can be read");
        assert!(outcome.columns.iter().all(|drift| drift.verdict == Verdict::Stable), "{:?}", outcome.columns);
        let error = compare_files(request(&strange)).await.expect_err("nothing in common");
        assert!(format!("{error:#}").contains("no column in common"), "{error:#}");
    }
}
