//! From what was known at a time to candidate models: the team's scorecard, logistic regression, boosted trees, and the
//! last two as an ensemble.
//!
//! Each model is fitted twice. The fit that is measured knows only what was known when the newest rows, to test on, began
//! to come; the fit that is used knows everything as of the training. docs/decisions/0004 says why.

mod search;
mod spec;
mod progress;
mod fit_config;
mod settings;
mod flags;
mod target_check;
mod screening;
mod freeze;
mod rows;
mod choice;
mod candidates;
mod cold_start;
mod split_rows;
mod out_of_core;
mod data;
mod appraisal;
mod candidate;
mod train;
mod import;
mod rebuild;
mod comparison;

pub(crate) use candidates::{CandidateModel, CandidateModels};
pub(crate) use comparison::{Comparison, ComparisonVerdict, compare, compare_rivals};
pub(crate) use data::{TrainingData, collect};
pub(crate) use freeze::freeze;
pub(crate) use import::import;
pub(crate) use progress::{ProgressCallback, TrainingEvent, run_blocking};
pub(crate) use rebuild::{Rebuilt, rebuild};
pub(crate) use search::Search;
pub(crate) use settings::training_settings;
pub(crate) use spec::{LeftOut, OutOfCore, TrainingContext, TrainingSpec};
pub(crate) use train::{train, train_challengers};
