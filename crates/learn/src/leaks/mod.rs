//! Leaks: columns that are filled in, or changed, after the outcome is known.
//!
//! No statistic can prove a leak; a person has to know when a column is filled in. These are reasons to leave a column out,
//! or to ask: docs/leaks.md has what is looked for, with the formulas and their sources.
//!
//! - `steps` judges each column by itself, so that no leak hides another: its values, its presence, its name, its dates.
//! - `together` then takes out, step by step, what a boosted tree gains too much from.
//! - `measure` says what the score loses without each suspect.

mod dates;
mod duplicates;
mod evidence;
mod find;
mod findings;
mod identifiers;
mod input;
mod log_odds;
mod measure;
mod missingness;
mod names;
mod post_outcome;
mod quick_model;
mod report;
mod roc;
mod steps;
mod together;
mod values;

pub use duplicates::{DuplicateRows, duplicate_groups};
pub use find::{find_leaks, suspects};
pub use input::{FieldHistory, LeakInput, LeakParams};
pub use post_outcome::{PostOutcomeCounts, post_outcome_change};
pub(crate) use quick_model::QuickModel;
pub use report::{LeakGroup, LeakKind, LeakLevel, LeakReport, LeakSuspect};
