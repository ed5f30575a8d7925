//! A first model of one CSV file: a leaderboard, a warning of columns that may reveal the outcome, and the best model,
//! registered in a data folder of its own.

mod target;
mod labelled_table;
mod fit;
mod leaderboard;
mod cross_validation;
mod save;
mod run;

pub(crate) use cross_validation::PooledMetrics;
pub(crate) use labelled_table::ColumnChoice;
pub(crate) use leaderboard::LeaderboardGroup;
pub(crate) use run::{BETA, FileSummary, QuickOutcome, QuickRequest, TargetSummary, quick};
