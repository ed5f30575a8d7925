//! What is between columns, and between tables.

use plumb_lead::Drift;
use serde::Serialize;

use super::column::ValueCount;
use super::distribution::{Bar, Interval};

/// How columns go with the target.
#[derive(Clone, Debug, Serialize)]
pub struct TargetProfile {
    /// The target.
    pub column: String,
    /// Its positive values.
    pub positives: Vec<String>,
    /// Why they are.
    pub why: String,
    /// Rows of the sample in which it is known.
    pub rows: u64,
    /// Rows of the sample in which it is missing.
    pub unknown: u64,
    /// The share of positives.
    pub rate: f64,
    /// The 95 % interval of that share (Wilson).
    pub interval: Interval,
    /// The rate by each column's values or bins, the strongest column first.
    pub by_column: Vec<RateOf>,
    /// The rate by month of the time column.
    pub by_month: Vec<Bar>,
}

/// The rate of the target by a column.
#[derive(Clone, Debug, Serialize)]
pub struct RateOf {
    /// The column.
    pub column: String,
    /// How well it ranks rows alone.
    pub auc: f64,
    /// The 95 % interval of the AUC.
    pub auc_interval: Interval,
    /// The rate in each of its values or bins; missing values are one.
    pub bars: Vec<Bar>,
}

/// How columns go together.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Correlations {
    /// Rows that were looked at.
    pub rows: u64,
    /// The columns that were compared, in the order of the table.
    pub columns: Vec<String>,
    /// Columns that were not, with the reason.
    pub left_out: Vec<(String, String)>,
    /// Each pair whose strength is at least 0.05, the strongest first.
    pub pairs: Vec<Correlation>,
}

/// How two columns go together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Correlation {
    /// One column.
    pub left: String,
    /// The other.
    pub right: String,
    /// What was measured.
    pub measure: AssociationMeasure,
    /// Its value.
    pub value: f64,
    /// Spearman's rank correlation, between numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spearman: Option<f64>,
    /// Rows in which both columns have a value.
    pub rows: u64,
}

impl Correlation {
    /// Returns how strong it is, whatever its sign: 0 to 1.
    pub fn strength(&self) -> f64 {
        self.spearman.map_or(0.0, f64::abs).max(self.value.abs())
    }
}

/// A measure of how two columns go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AssociationMeasure {
    /// Pearson's correlation, of numbers, times and flags: -1 to 1.
    Pearson,
    /// Cramér's V with Bergsma's correction for bias, of categories: 0 to 1.
    CramersV,
    /// The correlation ratio, of a category and a number: 0 to 1.
    CorrelationRatio,
}

impl AssociationMeasure {
    /// Returns its name for people.
    pub fn name(self) -> &'static str {
        match self {
            AssociationMeasure::Pearson => "Pearson",
            AssociationMeasure::CramersV => "Cramér's V",
            AssociationMeasure::CorrelationRatio => "correlation ratio",
        }
    }
}

/// How far a table is from another one.
#[derive(Clone, Debug, Serialize)]
pub struct DriftProfile {
    /// Rows of the other table.
    pub rows_against: u64,
    /// Rows of both samples that were compared.
    pub rows: (u64, u64),
    /// Each column that both have, the farthest first.
    pub columns: Vec<DriftOfColumn>,
    /// Columns that only this table has.
    pub only_here: Vec<String>,
    /// Columns that only the other has.
    pub only_there: Vec<String>,
    /// Columns that were read in two ways.
    pub kinds_changed: Vec<KindChanged>,
}

/// How far a column is from the same one of another table.
#[derive(Clone, Debug, Serialize)]
pub struct DriftOfColumn {
    /// PSI, Jensen–Shannon distance, missing values and verdict, as the monitoring has them.
    #[serde(flatten)]
    pub drift: Drift,
    /// Frequent values that the other has and this one has not, with their rows there.
    pub vanished: Vec<ValueCount>,
    /// The mean or the share of yes, here and there.
    pub means: Option<(f64, f64)>,
    /// Whether the values themselves were compared; of identifiers, texts and times only what is missing is.
    pub values_compared: bool,
}

/// A column that was read in two ways.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KindChanged {
    /// The column.
    pub column: String,
    /// Its kind here.
    pub here: &'static str,
    /// Its kind there.
    pub there: &'static str,
}
