//! What one column holds.

use plumb_tables::{ColumnReading, DateOrder};

use super::sample::ValueSample;

/// The type of a raw column, as SQL over it sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StoredKind {
    /// Text: all cells of files, and texts of databases.
    #[default]
    Text,
    /// A whole number.
    Integer,
    /// A number.
    Real,
    /// Yes or no.
    Flag,
    /// A point in time.
    Timestamp,
}

/// What one column holds.
#[derive(Clone, Debug)]
pub struct ColumnSummary {
    /// Its name in the source.
    pub name: String,
    /// Its type in SQL.
    pub stored: StoredKind,
    /// How its cells are read.
    pub reading: ColumnReading,
    /// Spellings that mean missing, beside the empty cell.
    pub missing_words: Vec<String>,
    /// Rows with a value.
    pub filled: u64,
    /// The commonest values with their rows, the commonest first; empty if there are too many to list.
    pub top: Vec<(String, u64)>,
    /// The smallest and largest number.
    pub numbers: Option<(f64, f64)>,
    /// The earliest and latest time, in microseconds since 1970.
    pub times: Option<(i64, i64)>,
    /// Rows whose value has an `@` between letters.
    pub addresses: u64,
    /// Letters and digits of all values.
    pub(crate) letters: u64,
    pub(crate) values: ValueSample,
}

impl ColumnSummary {
    /// Returns about how many values there are.
    pub fn distinct(&self) -> u64 {
        self.values.distinct()
    }

    /// Returns whether it holds points in time.
    pub fn is_time(&self) -> bool {
        matches!(self.reading, ColumnReading::Timestamp { .. })
    }

    /// Returns whether it holds numbers that are amounts or counts, not codes.
    pub fn is_number(&self) -> bool {
        matches!(self.reading, ColumnReading::Number(_))
    }

    /// Returns whether it holds yes and no.
    pub fn is_flag(&self) -> bool {
        matches!(self.reading, ColumnReading::Flag { .. })
    }

    /// Returns whether it holds days without a time.
    pub(crate) fn is_days_only(&self) -> bool {
        matches!(self.reading, ColumnReading::Timestamp { days_only: true, .. })
    }

    /// Returns the order of its dates.
    pub(crate) fn date_order(&self) -> Option<DateOrder> {
        match self.reading {
            ColumnReading::Timestamp { order, .. } => Some(order),
            _ => None,
        }
    }

    /// Returns whether most values are e-mail addresses.
    pub(crate) fn has_addresses(&self) -> bool {
        self.filled > 0 && self.addresses * 10 >= self.filled * 8
    }

    /// Returns whether every row of so many has a value of its own.
    pub(crate) fn is_key(&self, rows: u64) -> bool {
        rows > 0 && self.filled == rows && self.values.is_unique() && !self.is_time() && !self.is_flag()
    }

    /// Returns whether its values are texts long enough to be in another table for a reason, as `A-1042`.
    pub(crate) fn values_are_long(&self) -> bool {
        self.numbers.is_none() && self.letters >= 4 * self.filled && self.filled > 0
    }

    /// Returns the share of its values that another column has too.
    pub(crate) fn share_in(&self, other: &ColumnSummary) -> Option<f64> {
        self.values.share_in(&other.values)
    }
}
