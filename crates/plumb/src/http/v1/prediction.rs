//! The JSON shape of a prediction.

use chrono::{DateTime, Utc};
use plumb_lead::{Interval, Prediction, Reason, Unseen};
use serde::Serialize;
use utoipa::ToSchema;

use crate::serving::StoredPrediction;

/// A prediction.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Prediction)]
pub(in crate::http) struct PredictionResponse {
    /// Its id, for feedback.
    prediction_id: String,
    /// The lead.
    lead_id: String,
    /// The target that was predicted.
    target: String,
    /// The model that made it: the hash of the model's file.
    model_id: String,
    /// The time as of which the lead was scored.
    as_of: DateTime<Utc>,
    /// The probability.
    #[schema(minimum = 0, maximum = 1)]
    score: f64,
    /// The 95 % interval of the probability, by what the model learned from; absent if the model has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(inline, nullable = false)]
    interval: Option<IntervalResponse>,
    /// The score in one letter; A is best.
    #[schema(schema_with = band_schema)]
    band: &'static str,
    /// What moved the score most.
    reasons: Vec<ReasonResponse>,
    /// True if there were reasons that cannot be derived any more, because the model is gone; else absent.
    #[serde(skip_serializing_if = "is_false")]
    reasons_lost: bool,
    /// Which fields of a known lead the request overrode.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    from_request: Vec<String>,
}

/// An interval of a probability.
#[derive(Debug, Serialize, ToSchema)]
struct IntervalResponse {
    /// Its lower end.
    #[schema(minimum = 0, maximum = 1)]
    low: f64,
    /// Its upper end.
    #[schema(minimum = 0, maximum = 1)]
    high: f64,
}

/// One source field's contribution to a score.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Reason)]
struct ReasonResponse {
    /// The field of the source.
    field: String,
    /// The reason in words.
    text: String,
    /// The field's value.
    #[schema(required)]
    value: Option<String>,
    /// The exact SHAP value, in log-odds.
    contribution: f64,
    /// Whether a rep can change it.
    actionable: bool,
}

/// A category that training never saw and that therefore counted as missing.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Unseen)]
pub(in crate::http) struct UnseenResponse {
    /// The feature.
    feature: String,
    /// The category.
    level: String,
    /// Rows that have it.
    #[schema(minimum = 0)]
    rows: usize,
}

/// Returns the schema of a band.
pub(super) fn band_schema() -> utoipa::openapi::Object {
    utoipa::openapi::ObjectBuilder::new()
        .schema_type(utoipa::openapi::schema::Type::String)
        .enum_values(Some(["A", "B", "C", "D"]))
        .description(Some("The score in one letter; A is best."))
        .build()
}

impl From<Prediction> for PredictionResponse {
    fn from(prediction: Prediction) -> PredictionResponse {
        PredictionResponse {
            prediction_id: prediction.prediction_id,
            lead_id: prediction.lead_id,
            target: prediction.target,
            model_id: prediction.model_id,
            as_of: prediction.as_of,
            score: prediction.score.get(),
            interval: prediction.interval.map(|Interval { low, high }| IntervalResponse { low, high }),
            band: prediction.band.letter(),
            reasons: prediction.reasons.into_iter().map(ReasonResponse::from).collect(),
            reasons_lost: false,
            from_request: prediction.provenance.overrides,
        }
    }
}

impl From<StoredPrediction> for PredictionResponse {
    fn from(stored: StoredPrediction) -> PredictionResponse {
        PredictionResponse { reasons_lost: stored.reasons_lost, ..stored.prediction.into() }
    }
}

fn is_false(flag: &bool) -> bool {
    !flag
}

impl From<Reason> for ReasonResponse {
    fn from(reason: Reason) -> ReasonResponse {
        let Reason { field, text, value, contribution, actionable } = reason;
        ReasonResponse { field, text, value, contribution, actionable }
    }
}

impl From<Unseen> for UnseenResponse {
    fn from(unseen: Unseen) -> UnseenResponse {
        UnseenResponse { feature: unseen.feature, level: unseen.level, rows: unseen.rows }
    }
}
