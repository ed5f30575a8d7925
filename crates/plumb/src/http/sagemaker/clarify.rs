//! Explanations in the shape of SageMaker Clarify, for callers who send `X-Amzn-SageMaker-Enable-Explanations`.
//!
//! The values are exact TreeSHAP in log-odds. They stand where Clarify has Kernel SHAP's estimates, under its key, so that
//! callers find them. Their sum and the model's base value are the margin.

use plumb_lead::{Feature, FeatureSet};
use serde_json::{Value, json};

use super::condition::Condition;
use super::response;
use crate::http::answer_writer::AnswerWriter;
use crate::http::error::Error;
use crate::http::media_type::MediaType;
use crate::http::response_format::ResponseFormat;
use crate::serving::ScoredRequest;

/// Returns scores, and the explanation of each row that meets the condition; `null` for the others.
pub(super) fn bytes(
    media_type: MediaType,
    scored: &ScoredRequest,
    features: &FeatureSet,
    condition: &Condition,
    mut answer: AnswerWriter,
) -> Result<Vec<u8>, Error> {
    // Only text can stand within the explanations: for any other media type, the scores are plain JSON beside them.
    let media_type =
        if matches!(media_type, MediaType::Plumb | MediaType::RecordIo) { MediaType::Json } else { media_type };
    let written = AnswerWriter::new(answer.bytes_max());
    let data = response::text(media_type, &ResponseFormat::default(), 0.0, &scored.predictions, written)?;
    let scores = scored.predictions.iter().map(|prediction| prediction.score.get());
    let holds = condition.holds(
        scores.map(|score| if media_type == MediaType::Csv { json!([score]) } else { json!({ "score": score }) }),
    );
    answer.put("{\"explanations\":{")?;
    if holds.contains(&true) {
        answer.put("\"kernel_shap\":")?;
        let rows = holds.iter().zip(&scored.contributions);
        answer.put_list(rows.map(|(holds, contributions)| holds.then(|| attributions(features, contributions))))?;
    }
    answer.put("},\"label_headers\":")?;
    let target = scored.predictions.first().map(|prediction| prediction.target.as_str());
    answer.put_list(target.into_iter())?;
    answer.put(",\"predictions\":{\"content_type\":")?;
    answer.put_json(&media_type.header())?;
    answer.put(",\"data\":")?;
    answer.put_json(&String::from_utf8_lossy(&data))?;
    answer.put("},\"version\":\"1.0\"}")?;
    Ok(answer.finish())
}

fn attributions(features: &FeatureSet, contributions: &[f64]) -> Value {
    let one = |(feature, contribution): (&Feature, &f64)| json!({ "feature_header": feature.name, "attributions": [{ "attribution": [contribution] }] });
    features.features.iter().zip(contributions).map(one).collect()
}
