//! Which rows to train on, which to choose and calibrate on, and which to test on (the holdout).
//!
//! Observations are split by time, because a model is used on leads that come after those it was trained on. Two laws
//! hold: all rows of a lead are in one part, and nothing that is fitted or chosen uses a label that was learned after the
//! test begins. The other splits are for tables: in their order, at random, by a column of times, or by groups of rows that
//! belong together.

mod parts;
mod observations;
mod table;
mod groups;

pub use groups::{TimeSplit, by_timestamp, folds_grouped, joined_groups, random_grouped};
pub use observations::{by_time, for_use, recent};
pub use parts::Split;
pub use table::{by_order, folds, random, rolling_origin};
