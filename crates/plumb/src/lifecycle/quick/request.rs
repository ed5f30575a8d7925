//! What a first model is asked for.

use std::path::PathBuf;

use super::labelled_table::ColumnChoice;
use super::row_groups::GroupChoice;
use super::target::Statuses;
use super::time_column::TimeChoice;
use crate::lifecycle::reading::ReadingOptions;

/// What is to be learned from which file.
#[derive(Clone, Debug)]
pub(crate) struct QuickRequest {
    /// A file of rows, or `-`.
    pub(crate) file: PathBuf,
    /// How it is read.
    pub(crate) reading: ReadingOptions,
    /// The column to predict.
    pub(crate) target: String,
    /// Which of its words are positive, negative or neither.
    pub(crate) statuses: Statuses,
    /// Columns to leave out, and columns that are no leaks.
    pub(crate) columns: ColumnChoice,
    /// The column by whose times rows are split.
    pub(crate) time: TimeChoice,
    /// The column that tells who a row is of.
    pub(crate) group: GroupChoice,
    /// The number of folds, to measure by cross-validation as well.
    pub(crate) folds: Option<usize>,
    /// A column at whose changes models are fitted anew, to measure retraining as well.
    pub(crate) retrain_by: Option<String>,
    /// How many of the last rows retraining is measured on; all unless it is given.
    pub(crate) newest: Option<usize>,
    /// Seed of everything random.
    pub(crate) seed: u64,
    /// The data folder for the model; `plumb-quick/` and the file's name unless it is given.
    pub(crate) out: Option<PathBuf>,
}
