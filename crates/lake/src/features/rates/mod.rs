//! `outcome_rate`: how often leads of a category came to an outcome, from what was known before a day.
//!
//! A lead counts as one (n) on the day on which its horizon has passed, and as a success (p) on the later of that day
//! and the day on which its outcome became known. So no lead is counted before all of its category could be, and the rate
//! of a day never changes when something is learned after that day.

mod tables;
mod outcome_rate;
mod maturity;
mod smoothed_rate;
mod daily_counts;
mod categories_without_rate;

pub use categories_without_rate::CategoryWithoutRate;
pub(super) use outcome_rate::rate_without_tables;
pub(super) use tables::Rates;
