//! Leaks: columns that are filled in, or changed, after the outcome is known.
//!
//! No statistic can prove a leak; a person has to know when a column is filled in. These are reasons to ask:
//! - alone, the column ranks leads well *and* no worse than all other columns together;
//! - it is missing, or present, for one class only;
//! - it is a copy of the target: each of its few values goes with one class;
//! - it reads a field that is filled in, or changed, once the outcome is there;
//! - it is a text that is different in nearly every row, or a whole number that is never the same twice in a span
//!   hardly wider than the rows are many, and so names rows instead of describing them.

mod discriminant;
mod duplicates;
mod find;
mod input;
mod post_outcome;
mod report;
mod suspects;

pub use duplicates::{DuplicateRows, duplicate_groups};
pub use find::find_leaks;
pub use input::{FieldHistory, LeakInput, LeakParams};
pub use post_outcome::{PostOutcomeCounts, post_outcome_change};
pub use report::{LeakGroup, LeakKind, LeakLevel, LeakReport, LeakSuspect};
pub use suspects::suspects;
