//! What can go wrong.

/// What can go wrong when a model is fitted, used or measured.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is nothing to learn from.
    #[error("no rows to {doing}: widen the time span or check the filters of the sources")]
    NoRows {
        /// What they were needed for.
        doing: &'static str,
    },
    /// All labels are the same.
    #[error("all {rows} rows to {doing} are {class}: expected both classes; take more rows or check the target")]
    OneClass {
        /// What the rows were needed for.
        doing: &'static str,
        /// The number of rows.
        rows: usize,
        /// `positive` or `negative`.
        class: &'static str,
    },
    /// There are too few positive outcomes.
    #[error("{found} positive outcomes are too few to {doing}: expected at least {needed}; wait for more of them")]
    FewOutcomes {
        /// What they were needed for.
        doing: &'static str,
        /// How many there are.
        found: usize,
        /// How many are enough.
        needed: usize,
    },
    /// Labels, weights or scores do not match the rows.
    #[error("{found} {what} for {expected} rows: expected one a row")]
    Lengths {
        /// What there are too many or too few of.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many rows there are.
        expected: usize,
    },
    /// A weight is negative, infinite or not a number.
    #[error("weight `{weight}` of row {row} is not usable: expected a number from 0 up, and not all 0")]
    Weights {
        /// The weight.
        weight: f32,
        /// The row.
        row: usize,
    },
    /// A matrix is of another width than the feature set.
    #[error(
        "a matrix of {found} columns does not fit a model of {expected} features: encode it with the model's own feature set"
    )]
    Columns {
        /// The matrix's columns.
        found: usize,
        /// The model's features.
        expected: usize,
    },
    /// A score that is not a probability.
    #[error("score `{score}` of row {row} is not a probability: expected a number from 0 to 1")]
    Score {
        /// The score.
        score: f64,
        /// The row.
        row: usize,
    },
    /// A setting is outside of its range.
    #[error("parameter `{name}` is `{found}`: expected {expected}")]
    Parameter {
        /// The setting.
        name: &'static str,
        /// Its value.
        found: String,
        /// What is expected.
        expected: &'static str,
    },
    /// There are no rules that fit the features.
    #[error("no rule can be used: {why}")]
    Rules {
        /// Why not.
        why: String,
    },
    /// The history is too short to be split by time.
    #[error(
        "the history spans {found} days, too short to fit and test apart by a horizon of {horizon} days: expected at \
         least {needed} days; ingest older data or shorten the horizon"
    )]
    ShortHistory {
        /// Days between the first and the last observation.
        found: i64,
        /// The horizon in days.
        horizon: i64,
        /// Days that are enough.
        needed: i64,
    },
    /// A table does not fit the features.
    #[error("a table does not fit the model's features")]
    Features(#[from] plumb_lead::Error),
    /// XGBoost failed.
    #[error("xgboost failed")]
    Xgboost(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The file of a model has something that the kernel does not understand.
    #[error("the trees cannot be read: {why}")]
    Trees {
        /// What it is.
        why: String,
    },
    /// A stored model is not what this program writes.
    #[error("the stored model is not usable: {why}; train it again")]
    Model {
        /// What is wrong with it.
        why: String,
    },
}

impl From<plumb_xgboost_sys::Error> for Error {
    fn from(error: plumb_xgboost_sys::Error) -> Error {
        Error::Xgboost(Box::new(error))
    }
}
