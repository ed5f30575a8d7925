//! What leaks are looked for in, and how hard.

use plumb_lead::Table;

use super::post_outcome::PostOutcomeCounts;

/// A table with its labels, and what else is known of its columns.
#[derive(Clone, Copy, Debug)]
pub struct LeakInput<'a> {
    /// The columns that a model would see, without the target.
    pub table: &'a Table,
    /// A label a row.
    pub labels: &'a [bool],
    /// Columns of dates, by name: microseconds since 1970 a row, [`i64::MIN`] where it is missing. A date that a model
    /// sees as a number of days may be in the table as well, under whatever name.
    pub timestamps: &'a [(String, Vec<i64>)],
    /// The moment as of which each row is to be scored, in the same unit: mostly its creation. Dates after it are not known
    /// in time. Without it, a column of `timestamps` whose name says creation is taken.
    pub created_at: Option<&'a [i64]>,
    /// How often fields changed before and after the outcome, where a history is kept.
    pub history: &'a [FieldHistory],
    /// Columns that a person says are known in time: they are never accused.
    pub keep: &'a [String],
}

/// How often a field changed that a column reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldHistory {
    /// The column.
    pub column: String,
    /// The field, as the source names it.
    pub field: String,
    /// How often it changed.
    pub counts: PostOutcomeCounts,
}

/// How to look for leaks.
#[derive(Clone, Debug, PartialEq)]
pub struct LeakParams {
    /// Seed of the sample and of the quick models.
    pub seed: u64,
    /// With more rows than this, so many are drawn by the seed and looked at. Duplicates are counted in all rows.
    pub rows_max: usize,
}

impl<'a> LeakInput<'a> {
    /// Returns the input of a table with its labels, of which nothing else is known.
    pub fn new(table: &'a Table, labels: &'a [bool]) -> LeakInput<'a> {
        LeakInput { table, labels, timestamps: &[], created_at: None, history: &[], keep: &[] }
    }
}

impl Default for LeakParams {
    fn default() -> LeakParams {
        LeakParams { seed: 1, rows_max: 50_000 }
    }
}
