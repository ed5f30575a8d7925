//! How good a model is on some labelled rows.

use serde::{Deserialize, Serialize};

/// A measure with its 95 % bootstrap interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// The measure on all rows.
    pub value: f64,
    /// Its interval; `None` where none was computed.
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

/// A slice of the test part on which the model is worse than on the whole.
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

/// What a policy would have earned on some rows, in the currency of the costs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Profit {
    /// The policy, in words.
    pub policy: String,
    /// Number of rows.
    pub rows: usize,
    /// How many of them are called.
    pub calls: usize,
    /// By the model.
    pub model: Metric,
    /// By the team's rules, with as many calls; `None` if it has none.
    pub rules: Option<Metric>,
    /// By calling leads in the order of their arrival, with as many calls.
    pub arrival: Metric,
    /// With every outcome known in advance.
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

/// Bias measures of one group of leads, by the names of SageMaker Clarify; facet d is the group, facet a all others.
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
