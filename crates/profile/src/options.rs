//! What a profile is asked for.

use chrono::{DateTime, Utc};

/// Rows of the sample on which quantiles and everything between columns rest, as long as the columns are at most 80.
pub const SAMPLE_ROWS: usize = 100_000;

/// Cells of the sample, of eight bytes each: with more columns it has fewer rows.
const SAMPLE_CELLS: usize = 8_000_000;

/// The sample never has fewer rows than this.
const SAMPLE_ROWS_MIN: usize = 2_000;

/// What a profile is asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// The most rows of the sample, [`SAMPLE_ROWS`] unless a test says otherwise.
    pub sample_rows: usize,
    /// What the sample is drawn with: the same rows and seed give the same profile.
    pub seed: u64,
    /// The time after which a date is in the future; `None` if there is no such time.
    pub now: Option<DateTime<Utc>>,
    /// The column by which time is told; `None`: the timestamp that is missing least.
    pub time: Option<String>,
    /// The column that is to be predicted.
    pub target: Option<TargetChoice>,
}

/// A target and its positive values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetChoice {
    /// The column.
    pub column: String,
    /// The values that are positive; empty: yes, true or 1, or else the rarer of two.
    pub positives: Vec<String>,
}

impl Options {
    /// Returns how many rows the sample of a table with so many columns has at most.
    pub(crate) fn sample_rows_of(&self, columns: usize) -> usize {
        self.sample_rows.min((SAMPLE_CELLS / columns.max(1)).max(SAMPLE_ROWS_MIN)).max(1)
    }
}
