//! Explanations in the shape that SageMaker Clarify gives to callers who send `X-Amzn-SageMaker-Enable-Explanations`.
//!
//! The values are exact TreeSHAP in log-odds, and stand where Clarify has Kernel SHAP's estimates, under its key, so that
//! callers find them. Their sum and the model's base value are the margin.

use plumb_lead::FeatureSet;
use serde_json::{Value, json};

use super::answer;
use super::condition::Condition;
use super::form::Form;
use super::style::Style;
use crate::http::subject::Scored;

/// Returns scores, and the explanation of each row of whose score the condition holds; `null` for the others.
pub(super) fn text(form: Form, scored: &Scored, features: &FeatureSet, condition: &Condition) -> String {
    // Only text can stand within the explanations: who asks for another form gets the scores as plain JSON beside them.
    let form = if matches!(form, Form::Plumb | Form::RecordIo) { Form::Json } else { form };
    let data = answer::text(form, &Style::default(), 0.0, &scored.predictions);
    let mut explained = Vec::with_capacity(scored.predictions.len());
    for (prediction, contributions) in scored.predictions.iter().zip(&scored.contributions) {
        let score = prediction.score.get();
        let record = if form == Form::Csv { json!([score]) } else { json!({ "score": score }) };
        explained.push(if condition.holds(&record) { attributions(features, contributions) } else { Value::Null });
    }
    let explanations =
        if explained.iter().all(Value::is_null) { json!({}) } else { json!({ "kernel_shap": explained }) };
    let body = json!({
        "version": "1.0",
        "predictions": { "content_type": form.media_type(), "data": data },
        "label_headers": scored.predictions.first().map_or(json!([]), |prediction| json!([prediction.target])),
        "explanations": explanations,
    });
    body.to_string()
}

fn attributions(features: &FeatureSet, contributions: &[f64]) -> Value {
    let one = |(feature, contribution): (&plumb_lead::Feature, &f64)| json!({ "feature_header": feature.name, "attributions": [{ "attribution": [contribution] }] });
    features.features.iter().zip(contributions).map(one).collect()
}
