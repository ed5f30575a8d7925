//! A first model of one file: a leaderboard, a warning of columns that may reveal the outcome, and the best model,
//! registered in a data folder of its own.

mod file_table;
mod target;
mod time_column;
mod row_groups;
mod splits;
mod suspects;
mod labelled_table;
mod fit;
mod leaderboard;
mod cross_validation;
mod request;
mod outcome;
mod prepare;
mod save;
mod run;

pub(crate) use cross_validation::PooledMetrics;
pub(crate) use labelled_table::{ColumnChoice, LeftOut};
pub(crate) use leaderboard::LeaderboardGroup;
pub(crate) use outcome::{QuickOutcome, TargetSummary};
pub(crate) use request::QuickRequest;
pub(crate) use row_groups::{GroupChoice, GroupSummary};
pub(crate) use run::{BETA, quick};
pub(crate) use suspects::Suspects;
pub(crate) use target::{Statuses, WordClass};
pub(crate) use time_column::TimeChoice;
