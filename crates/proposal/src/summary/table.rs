//! What one table holds.

use serde::Serialize;

use super::column::ColumnSummary;
use super::history::HistoryField;

/// A table by its source and its name there, as SQL calls it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct TableName {
    /// The source's name in `plumb.toml`.
    pub source: String,
    /// The table; `records` for files.
    pub table: String,
}

/// What one table holds.
#[derive(Clone, Debug)]
pub struct TableSummary {
    /// Its name.
    pub name: TableName,
    /// Its rows.
    pub rows: u64,
    /// The columns of the primary key that its database declares.
    pub declared_key: Vec<String>,
    /// Its columns, in order; those that are left out are not among them.
    pub columns: Vec<ColumnSummary>,
    /// Of a table that says which field was changed to what: each field's values.
    pub history: Vec<HistoryField>,
    /// How its dates follow one another.
    pub(crate) pairs: Vec<DatePair>,
    /// How often each column is filled where another has some value.
    pub(crate) filled_by: Vec<FilledBy>,
}

/// How the dates of two columns follow one another, in rows that have both.
#[derive(Clone, Debug, Default)]
pub(crate) struct DatePair {
    /// The positions of the two columns.
    pub(crate) columns: (usize, usize),
    /// Rows with both.
    pub(crate) rows: u64,
    /// Rows in which the second is not earlier, by more than a day.
    pub(crate) in_order: u64,
    /// Rows in which the second is at most a week later.
    pub(crate) within_week: u64,
    /// Rows by the days from the first to the second: up to 7, 14, 30, 60, 90, 120, 180, 270, 365, and later.
    pub(crate) days: [u64; 10],
}

/// How often columns are filled where one column has some value.
#[derive(Clone, Debug)]
pub(crate) struct FilledBy {
    /// The position of that column.
    pub(crate) column: usize,
    /// Its values, lower case and trimmed, each with its rows and how many of them have a value in each column.
    pub(crate) values: Vec<(String, u64, Vec<u64>)>,
}

impl TableName {
    /// Returns the name for people: `crm.leads`, or just `leads` for the rows of files.
    pub fn shown(&self) -> String {
        if self.table == RECORDS { self.source.clone() } else { format!("{}.{}", self.source, self.table) }
    }

    /// Returns what the table is called: its name, or the source's for files.
    pub(crate) fn called(&self) -> &str {
        if self.table == RECORDS { &self.source } else { &self.table }
    }
}

/// The table of a source of files.
const RECORDS: &str = "records";

impl TableSummary {
    /// Returns a column by name.
    pub fn column(&self, name: &str) -> Option<&ColumnSummary> {
        self.columns.iter().find(|column| column.name == name)
    }

    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// Returns how the dates of two columns follow one another.
    pub(crate) fn pair(&self, first: &str, second: &str) -> Option<&DatePair> {
        let columns = (self.position(first)?, self.position(second)?);
        self.pairs.iter().find(|pair| pair.columns == columns)
    }
}

/// The days that [`DatePair::days`] counts up to.
pub(crate) const DAYS: [i64; 9] = [7, 14, 30, 60, 90, 120, 180, 270, 365];

impl DatePair {
    /// Returns the days within which so large a share of the second dates come; 365 if they take longer.
    pub(crate) fn days_for(&self, share: f64) -> i64 {
        let mut seen = 0;
        for (days, rows) in DAYS.iter().zip(self.days) {
            seen += rows;
            if seen as f64 >= share * self.rows as f64 {
                return *days;
            }
        }
        365
    }
}
