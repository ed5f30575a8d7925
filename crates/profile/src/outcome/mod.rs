//! What a profile says: plain data, the same for the terminal, JSON and the page.
//!
//! `rows` beside a figure is the number of rows that it rests on. Figures of one column over all rows (counts, missing,
//! mean, extremes, frequent values) are exact unless they say otherwise; quantiles, histograms and everything between
//! columns rest on a sample of rows, which is the whole table if that is small.

mod column;
mod distribution;
mod relations;
mod rows;
mod finding;

pub use column::{
    ColumnKind, ColumnProfile, Coverage, Distinct, FlagProfile, NumberProfile, Outliers, Period, Signal, Spelling,
    TextProfile, TimeProfile, ValueCount, ValuesProfile,
};
pub use distribution::{Bar, Bin, DistributionOf, FewRows, Interval, Quantile};
pub use finding::{Finding, FindingKind, Importance};
pub use relations::{
    AssociationMeasure, Correlation, Correlations, DriftOfColumn, DriftProfile, KindChanged, RateOf, TargetProfile,
};
pub use rows::{
    Anomalies, AnomalousRow, Duplicates, MissingGroup, MissingMonth, MissingOverTime, MissingPattern, MissingTogether,
    PersonKey, RepeatedRows,
};

use plumb_lead::LeakEvidence;
use serde::Serialize;

/// What is in a table.
#[derive(Clone, Debug, Serialize)]
pub struct Profile {
    /// Rows that were read.
    pub rows: u64,
    /// Rows of the sample.
    pub sample_rows: u64,
    /// The column by which time is told.
    pub time: Option<String>,
    /// What to look at, the most important first.
    pub findings: Vec<Finding>,
    /// The columns, in the order of the table.
    pub columns: Vec<ColumnProfile>,
    /// How each column goes with the target.
    pub target: Option<TargetProfile>,
    /// How missing values go together.
    pub missing: MissingTogether,
    /// How columns go together.
    pub correlations: Correlations,
    /// Rows and people that are there more than once.
    pub duplicates: Duplicates,
    /// Rows that are unlike the others.
    pub anomalies: Anomalies,
    /// How far the table is from another one.
    pub drift: Option<DriftProfile>,
    /// Columns that may reveal the target.
    pub leaks: Vec<LeakEvidence>,
}

impl Profile {
    /// Returns a column by its name.
    pub fn column(&self, name: &str) -> Option<&ColumnProfile> {
        self.columns.iter().find(|column| column.name == name)
    }
}
