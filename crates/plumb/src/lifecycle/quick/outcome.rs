//! What came of a file: how it was read, what is predicted, and how well.

use std::path::PathBuf;

use plumb_lead::ModelCard;
use plumb_tables::ReadingReport;
use serde::Serialize;

use super::cross_validation::PooledMetrics;
use super::labelled_table::LeftOut;
use super::leaderboard::LeaderboardGroup;
use super::row_groups::GroupSummary;
use super::suspects::Suspects;
use super::target::{Target, TargetWord};

/// The outcome: the leaderboard and the saved model.
#[derive(Debug, Serialize)]
pub(crate) struct QuickOutcome {
    /// The file.
    pub(crate) file: FileSummary,
    /// How it was read: everything that was left out, set aside or reinterpreted.
    pub(crate) reading: ReadingReport,
    /// The target.
    pub(crate) target: TargetSummary,
    /// Columns that no model sees.
    pub(crate) left_out: Vec<LeftOut>,
    /// The column by which rows are split.
    pub(crate) time: Option<TimeSummary>,
    /// Rows that stay on one side of a split.
    pub(crate) groups: GroupSummary,
    /// Columns suspected to reveal the outcome, and columns to ask about.
    #[serde(flatten)]
    pub(crate) suspects: Suspects,
    /// The models that were fitted, the figures to believe first.
    pub(crate) leaderboard: Vec<LeaderboardGroup>,
    /// Cross-validation and retraining, as far as they were asked for.
    pub(crate) pooled: Vec<PooledMetrics>,
    /// The card of the saved model.
    pub(crate) model: ModelCard,
    /// The data folder in which it is saved.
    pub(crate) folder: PathBuf,
    /// A warning if it is much worse on the newest or last rows.
    pub(crate) drift_warning: Option<String>,
}

/// A file that was read.
#[derive(Debug, Serialize)]
pub(crate) struct FileSummary {
    /// Its path.
    pub(crate) path: PathBuf,
    /// Rows that were read.
    pub(crate) rows: usize,
    /// Columns, those that were passed over included.
    pub(crate) columns: usize,
}

/// A target that was read.
#[derive(Debug, Serialize)]
pub(crate) struct TargetSummary {
    /// The column.
    pub(crate) column: String,
    /// Its positive words.
    pub(crate) positive: String,
    /// Why these are positive.
    pub(crate) why: String,
    /// All its words, the most frequent first, with what each counts as.
    pub(crate) words: Vec<TargetWord>,
    /// Rows with a known end.
    pub(crate) rows: usize,
    /// Positives among them.
    pub(crate) positives: usize,
    /// The share of positives.
    pub(crate) base_rate: f64,
    /// Rows in which the target is missing.
    pub(crate) rows_missing: usize,
    /// Rows whose word is left out.
    pub(crate) rows_ignored: usize,
    /// What somebody should look at.
    pub(crate) warnings: Vec<String>,
}

/// The column by whose times rows are split.
#[derive(Debug, Serialize)]
pub(crate) struct TimeSummary {
    /// The column.
    pub(crate) column: String,
    /// Why it is this one.
    pub(crate) why: String,
    /// The day of the first row with a known end, in UTC.
    pub(crate) first: String,
    /// The day of the last.
    pub(crate) last: String,
}

impl TargetSummary {
    /// Returns the figures of a target.
    pub(super) fn new(column: String, target: Target, rows_of_file: usize) -> TargetSummary {
        let rows_ignored = target.rows_ignored();
        TargetSummary {
            base_rate: target.base_rate(),
            rows: target.rows.len(),
            positives: target.labels.iter().filter(|label| **label).count(),
            rows_missing: rows_of_file - target.rows.len() - rows_ignored,
            rows_ignored,
            column,
            positive: target.positive,
            why: target.why,
            words: target.words,
            warnings: target.warnings,
        }
    }
}
