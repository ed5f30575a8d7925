//! Explanations in the shape of SageMaker Clarify, for callers who send `X-Amzn-SageMaker-Enable-Explanations`.
//!
//! The values are exact TreeSHAP in log-odds. They stand where Clarify has Kernel SHAP's estimates, under its key, so that
//! callers find them. Their sum and the model's base value are the margin.

use plumb_lead::{Feature, FeatureSet};
use serde_json::{Value, json};

use super::condition::Condition;
use super::response;
use crate::http::media_type::MediaType;
use crate::http::response_format::ResponseFormat;
use crate::serving::ScoredRequest;

/// Returns scores, and the explanation of each row that meets the condition; `null` for the others.
pub(super) fn text(
    media_type: MediaType,
    scored: &ScoredRequest,
    features: &FeatureSet,
    condition: &Condition,
) -> String {
    // Only text can stand within the explanations: for any other media type, the scores are plain JSON beside them.
    let media_type =
        if matches!(media_type, MediaType::Plumb | MediaType::RecordIo) { MediaType::Json } else { media_type };
    let data = response::text(media_type, &ResponseFormat::default(), 0.0, &scored.predictions);
    let scores = scored.predictions.iter().map(|prediction| prediction.score.get());
    let records: Vec<Value> = scores
        .map(|score| if media_type == MediaType::Csv { json!([score]) } else { json!({ "score": score }) })
        .collect();
    let rows = condition.holds(&records).into_iter().zip(&scored.contributions);
    let explained: Vec<Value> = rows
        .map(|(holds, contributions)| if holds { attributions(features, contributions) } else { Value::Null })
        .collect();
    let explanations =
        if explained.iter().all(Value::is_null) { json!({}) } else { json!({ "kernel_shap": explained }) };
    let body = json!({
        "version": "1.0",
        "predictions": { "content_type": media_type.header(), "data": data },
        "label_headers": scored.predictions.first().map_or(json!([]), |prediction| json!([prediction.target])),
        "explanations": explanations,
    });
    body.to_string()
}

fn attributions(features: &FeatureSet, contributions: &[f64]) -> Value {
    let one = |(feature, contribution): (&Feature, &f64)| json!({ "feature_header": feature.name, "attributions": [{ "attribution": [contribution] }] });
    features.features.iter().zip(contributions).map(one).collect()
}
