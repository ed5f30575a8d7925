//! What the registry keeps beside a model.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::Error;

/// The rungs of the ladder, simplest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelKind {
    /// The team's own spreadsheet of points.
    Rules,
    /// Logistic regression.
    Logistic,
    /// Gradient-boosted trees, by XGBoost.
    Xgboost,
    /// The mean of the last two, in log-odds.
    Ensemble,
}

impl ModelKind {
    /// Returns the word used in JSON, in the store and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            ModelKind::Rules => "rules",
            ModelKind::Logistic => "logistic",
            ModelKind::Xgboost => "xgboost",
            ModelKind::Ensemble => "ensemble",
        }
    }
}

impl std::str::FromStr for ModelKind {
    type Err = Error;

    fn from_str(word: &str) -> Result<ModelKind, Error> {
        [ModelKind::Rules, ModelKind::Logistic, ModelKind::Xgboost, ModelKind::Ensemble]
            .into_iter()
            .find(|kind| kind.word() == word)
            .ok_or_else(|| Error::Word {
                what: "model kind",
                found: word.to_owned(),
                expected: "rules, logistic, xgboost, ensemble",
            })
    }
}

/// Where a model comes from, how good it is and what to know before trusting it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelCard {
    /// The content hash of the model's file: its name everywhere.
    pub model_id: String,
    /// The target it answers for.
    pub target: String,
    /// The rung of the ladder.
    pub kind: ModelKind,
    /// The moment as of which it was trained: nothing learned later was used.
    pub as_of: DateTime<Utc>,
    /// What it was trained, calibrated and tested on.
    pub dataset: DatasetCard,
    /// Hash of the features' SQL and wording.
    pub features_hash: String,
    /// Version of this program.
    pub code_version: String,
    /// Seed of everything random.
    pub seed: u64,
    /// The model's own settings, those that a search chose included.
    pub params: BTreeMap<String, String>,
    /// The decision threshold and why it is there.
    pub threshold: Threshold,
    /// Measured on the test part: the newest rows, never trained, calibrated or chosen on. `None` if there are too few
    /// outcomes to set any aside.
    #[serde(default)]
    pub metrics: Option<Metrics>,
    /// Share of positives in each tenth of the test part, best scores first.
    pub gain: Vec<GainBin>,
    /// Predicted against observed share of positives on the test part.
    pub reliability: Vec<ReliabilityBin>,
    /// Mean absolute contribution of each source field on the test part, in log-odds, largest first.
    pub importance: Vec<(String, f64)>,
    /// Where the model is weakest.
    pub weakest: Vec<Segment>,
    /// Columns that know too much.
    pub leaks: Vec<LeakEvidence>,
    /// What ways to decide would have earned on the test part; none without costs.
    #[serde(default)]
    pub profits: Vec<Profit>,
    /// The measures at each age of a lead, where rows of several ages were tested.
    #[serde(default)]
    pub by_age: Vec<AgeMetrics>,
    /// How calls fall on the groups of the configured facets.
    #[serde(default)]
    pub fairness: Vec<FairnessMetrics>,
    /// Where it was brought from; `None` if it was trained here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<Imported>,
    /// Anything else a reader should know.
    pub notes: Vec<String>,
}

/// A file with a model that was trained elsewhere. Of the rows that it learned from nothing is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// The file's name.
    pub file: String,
    /// SHA-256 of the file.
    pub file_hash: String,
    /// SHA-256 of the model in it: another if the file is an archive.
    pub model_hash: String,
    /// What was learned, by XGBoost's name.
    pub objective: String,
    /// The version of XGBoost that wrote it.
    pub xgboost: String,
}

/// The rows behind a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DatasetCard {
    /// Hash of the rows: observations, features, labels, weights. A frozen data set is named by its first digits.
    pub hash: String,
    /// Rows to train on.
    pub rows_train: usize,
    /// Rows to calibrate and choose on.
    pub rows_valid: usize,
    /// Rows to test on.
    pub rows_test: usize,
    /// Share of positives among the rows to train on.
    pub base_rate: f64,
    /// Rows left out because their label had not matured.
    pub rows_censored: usize,
    /// `as_of` of the oldest and of the newest row; `None` for a table without time.
    pub span: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

/// The score from which on a lead is worth a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Threshold {
    /// The score.
    pub score: f64,
    /// What it was chosen for, as a sentence with its figures.
    pub why: String,
}

/// A measure with its 95 % bootstrap interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// The measure on all rows.
    pub value: f64,
    /// Its interval; `None` where it was not asked for.
    pub interval: Option<Interval>,
}

/// A 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// How good scores are on some labelled rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// Number of rows.
    pub rows: usize,
    /// Number of positives.
    pub positives: usize,
    /// Area under the ROC curve.
    pub auc: Metric,
    /// Average precision.
    pub average_precision: Metric,
    /// F1 at the threshold; none in a card that is older than the measure.
    #[serde(default)]
    pub f1: Option<Metric>,
    /// F-beta at the threshold.
    pub f_beta: Metric,
    /// The beta of `f_beta`; under 1 leans to precision.
    pub beta: f64,
    /// Share of positives among the rows at or over the threshold.
    pub precision: Metric,
    /// Share of the positives that are at or over the threshold.
    pub recall: Metric,
    /// Brier score.
    pub brier: Metric,
    /// Mean negative log-likelihood, in nats.
    pub log_loss: Metric,
    /// Share of positives in the best tenth over the share in all.
    pub lift_top_decile: Metric,
    /// Expected calibration error, ten bins of equal count.
    pub calibration_error: Metric,
}

/// One tenth of the rows, best scores first.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct GainBin {
    /// Number of rows.
    pub rows: usize,
    /// Number of positives.
    pub positives: usize,
    /// Share of positives in this bin over the share in all.
    pub lift: f64,
    /// Its interval by chance alone, the share in all taken as known; none in an older card.
    #[serde(default)]
    pub interval: Option<Interval>,
}

/// One bin of the reliability diagram.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReliabilityBin {
    /// Number of rows.
    pub rows: usize,
    /// Mean score.
    pub predicted: f64,
    /// Share of positives.
    pub observed: f64,
    /// The interval of `observed`; none in an older card.
    #[serde(default)]
    pub interval: Option<Interval>,
}

/// A slice of the test part in which the model does worse than on the whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// The categorical feature.
    pub feature: String,
    /// Its level.
    pub level: String,
    /// Number of rows.
    pub rows: usize,
    /// Log loss on the slice.
    pub log_loss: f64,
    /// Mean score on the slice.
    pub predicted: f64,
    /// Share of positives on the slice.
    pub observed: f64,
    /// The interval of `observed`; none in an older card.
    #[serde(default)]
    pub interval: Option<Interval>,
}

/// What a way to decide would have earned on some rows, in the currency of the costs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Profit {
    /// The way to decide, in words.
    pub policy: String,
    /// Number of rows.
    pub rows: usize,
    /// How many of them are called.
    pub calls: usize,
    /// By the model.
    pub model: Metric,
    /// By the team's rules, with as many calls; `None` if it has none.
    pub rules: Option<Metric>,
    /// By working leads as they come, with as many calls.
    pub arrival: Metric,
    /// By somebody who knew what would become of each.
    pub perfect: Metric,
}

/// The measures on the rows of one age.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgeMetrics {
    /// Hours from the lead's creation.
    pub age_hours: i64,
    /// The measures.
    pub metrics: Metrics,
}

/// How calls fall on one group of leads, by the names of SageMaker Clarify; facet d is the group, facet a all others.
/// `None` where there is nothing to count.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FairnessMetrics {
    /// The feature.
    pub facet: String,
    /// The group.
    pub level: String,
    /// Its number of rows.
    pub rows: usize,
    /// Difference in positive proportions in predicted labels.
    pub dppl: Option<f64>,
    /// Disparate impact.
    pub di: Option<f64>,
    /// Difference in conditional acceptance.
    pub dca: Option<f64>,
    /// Difference in conditional rejection.
    pub dcr: Option<f64>,
    /// Difference in acceptance rates.
    pub dar: Option<f64>,
    /// Difference in rejection rates.
    pub drr: Option<f64>,
    /// Recall difference.
    pub rd: Option<f64>,
    /// Specificity difference.
    pub sd: Option<f64>,
    /// Accuracy difference.
    pub ad: Option<f64>,
    /// Treatment equality.
    pub te: Option<f64>,
}

/// A column suspected to know the answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeakEvidence {
    /// The column.
    pub column: String,
    /// Why, as a sentence with its figures.
    pub why: String,
}
