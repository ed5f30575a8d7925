//! The column to predict: its words, which of them are positive, and which leads have no end yet.

mod column_name;
mod sound;
mod words;
mod unclear;
mod choice;
mod read;

pub(crate) use choice::Statuses;
pub(super) use column_name::{find_name, listed};
pub(super) use read::{OutcomeColumn, Target};
pub(crate) use words::{TargetWord, WordClass};
