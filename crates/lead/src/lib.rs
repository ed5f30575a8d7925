#![doc = include_str!("../README.md")]

mod lead;
mod table;
mod language;
mod messages;
mod feature;
mod score;
mod prediction;
mod measures;
mod settings;
mod card;
mod drift;
mod alert;
mod migration;

pub use alert::{Alert, AlertCause, AlertCost, AlertKind, AlertState};
pub use card::{DatasetCard, Imported, LeakEvidence, MadeOf, ModelCard, ModelKind, Threshold};
pub use drift::{Drift, Matured, MonitorReport, Verdict, WeekCounts};
pub use feature::{Feature, FeatureKind, FeatureSet, Matrix, Unseen};
pub use language::{Language, Words};
pub use lead::{Event, FieldValue, Lead, Observation, Outcome};
pub use measures::{AgeMetrics, FairnessMetrics, GainBin, Interval, Metric, Metrics, Profit, ReliabilityBin, Segment};
pub use messages::{FeatureMessages, MessageCatalog, Monotone, Sentences};
pub use migration::{migrate_card, migrate_prediction};
pub use prediction::{Complaint, Feedback, Prediction, Provenance, Reason};
pub use score::{Band, Score};
pub use settings::{OutOfCoreSettings, Quantiles, Recency, TrainingSettings};
pub use table::{Column, MISSING_LEVEL, Table, Values};

/// What can go wrong when plain data is put together.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A number that is not a probability was offered as a [`Score`].
    #[error("`{0}` is not a score: expected a number from 0 to 1")]
    Score(f64),
    /// A table lacks a column that a [`FeatureSet`] names.
    #[error("feature `{0}` is not among the table's columns")]
    NoSuchColumn(String),
    /// A column is of another kind than the [`FeatureSet`] was made for.
    #[error("feature `{name}` is a {found} column, expected {expected}")]
    ColumnKind {
        /// The feature's name.
        name: String,
        /// What the table holds.
        found: &'static str,
        /// What the feature set was made for.
        expected: &'static str,
    },
    /// Columns of one table differ in length.
    #[error("column `{name}` has {found} rows, expected {expected}")]
    Rows {
        /// The column's name.
        name: String,
        /// Its length.
        found: usize,
        /// The table's length.
        expected: usize,
    },
    /// A word that is not one of a closed set.
    #[error("`{found}` is not a {what}: expected one of {expected}")]
    Word {
        /// What the word should have been.
        what: &'static str,
        /// What it was.
        found: String,
        /// The words that would have done.
        expected: &'static str,
    },
}
