//! What is between rows: missing values that go together, duplicates, anomalies.

use serde::Serialize;

use super::distribution::Interval;
use crate::sketch::RepeatedSummary;

/// How missing values go together.
#[derive(Clone, Debug, Default, Serialize)]
pub struct MissingTogether {
    /// Rows that were looked at.
    pub rows: u64,
    /// Rows without a missing value.
    pub complete: u64,
    /// Columns that are missing in (nearly) the same rows.
    pub groups: Vec<MissingGroup>,
    /// The most frequent sets of missing columns.
    pub patterns: Vec<MissingPattern>,
    /// The share that is missing by month, of the columns in which it changes.
    pub over_time: Vec<MissingOverTime>,
}

/// Columns that are missing in the same rows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MissingGroup {
    /// The columns.
    pub columns: Vec<String>,
    /// The smallest correlation of "is missing" that ties a column to the group.
    pub correlation: f64,
    /// Rows in which all are missing.
    pub rows: u64,
}

/// A set of columns that are missing in some rows while all others are there.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MissingPattern {
    /// The columns.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: u64,
}

/// The share of a column that is missing, by month.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MissingOverTime {
    /// The column.
    pub column: String,
    /// The months, in order.
    pub months: Vec<MissingMonth>,
}

/// The share of a column that is missing in a month.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MissingMonth {
    /// The month, as `2026-03`.
    pub month: String,
    /// Its rows.
    pub rows: u64,
    /// The share that is missing.
    pub share: f64,
    /// The 95 % interval of that share (Wilson).
    pub interval: Interval,
}

/// Rows and people that are there more than once.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Duplicates {
    /// Rows whose cells are all the same.
    pub rows: RepeatedRows,
    /// Rows whose cells are all the same but for those of the identifiers; `None` if there are no identifiers.
    pub rows_but_identifiers: Option<RepeatedRows>,
    /// People, by each kind of column that tells them.
    pub people: Vec<PersonKey>,
}

/// What is there more than once.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RepeatedRows {
    /// Different ones that are there more than once.
    pub groups: u64,
    /// Rows beyond the first of each.
    pub more: u64,
    /// Rows of the largest.
    pub largest: u64,
    /// The share of the rows that was looked at, chosen by content; counts are scaled to all.
    pub looked_at: f64,
    /// The lines of the first and the second of some.
    pub examples: Vec<(u64, u64)>,
}

/// People who are there more than once, told by one kind of column.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PersonKey {
    /// What they are told by: `email`, `phone` or `name`.
    pub by: &'static str,
    /// The columns.
    pub columns: Vec<String>,
    /// What counts as the same.
    pub rule: &'static str,
    /// What was found.
    pub found: RepeatedRows,
}

/// Rows that are unlike the others.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Anomalies {
    /// Rows that were looked at.
    pub rows: u64,
    /// The most surprising ones.
    pub found: Vec<AnomalousRow>,
}

/// A row that is unlike the others.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AnomalousRow {
    /// Its line.
    pub line: u64,
    /// How surprising it is: the sum of what its values have beyond the usual, in nats.
    pub surprise: f64,
    /// Why, the strongest reason first.
    pub reasons: Vec<String>,
}

impl From<RepeatedSummary> for RepeatedRows {
    fn from(summary: RepeatedSummary) -> RepeatedRows {
        let RepeatedSummary { groups, more, largest, share, examples } = summary;
        RepeatedRows { groups, more, largest, looked_at: share, examples }
    }
}
