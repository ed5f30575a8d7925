//! Files as people have them: where they lie, the plan by which they are read, and how many of their rows may be lost.

mod plan_file;
mod table_file;

pub(crate) use plan_file::{load, read_plan, save};
pub(crate) use table_file::{is_parquet, name_of, open_table};

use plumb_tables::ReadingPlan;

/// How a file is to be read, as far as the user says.
#[derive(Clone, Debug)]
pub(crate) struct ReadingOptions {
    /// What is fixed; the rest is found out.
    pub(crate) plan: ReadingPlan,
    /// The most rows that may be lost, in percent.
    pub(crate) allow_lost_percent: f64,
}
