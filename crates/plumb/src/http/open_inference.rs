//! `/v2`: the Open Inference Protocol, version 2, as KServe, Triton and MLServer speak it. The model's name is the target,
//! its version the model's id; each feature is a tensor of shape `[rows]` or `[rows, 1]`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use plumb_lead::{FeatureKind, FieldValue};
use serde_json::{Value, json};

use super::App;
use super::error::Error;
use super::language::{self, Liked};
use super::subject::{self, Asked, Subject};
use super::variants::Chosen;
use super::wire::{Body, Fields, usable};
use crate::scoring::{Explained, REASONS_MAX};

/// What stands in the path: a model, and perhaps its version. What cannot be read is a value, so that it too is answered
/// in the protocol's form.
type Named = Result<Path<BTreeMap<String, String>>, PathRejection>;

/// Says what the server is.
pub(super) async fn server() -> Json<Value> {
    Json(json!({ "name": "plumbline", "version": env!("CARGO_PKG_VERSION"), "extensions": [] }))
}

/// Says that the server lives.
pub(super) async fn live() -> Json<Value> {
    Json(json!({ "live": true }))
}

/// Says that the server can answer: it opens its port only when all models are loaded.
pub(super) async fn ready() -> Json<Value> {
    Json(json!({ "ready": true }))
}

/// Says that a model can answer.
pub(super) async fn model_ready(State(app): State<Arc<App>>, path: Named) -> Response {
    match choose(&app, path).await {
        Ok(chosen) => Json(json!({ "name": chosen.answering.scorer.artifact.target, "ready": true })).into_response(),
        Err(error) => error.into_v2_response(),
    }
}

/// Says what a model takes and gives.
pub(super) async fn model(State(app): State<Arc<App>>, path: Named) -> Response {
    match metadata(&app, path).await {
        Ok(metadata) => Json(metadata).into_response(),
        Err(error) => error.into_v2_response(),
    }
}

/// Scores rows. `score` is always answered; `reasons`, JSON in a text, if `explain` or that output is asked for.
pub(super) async fn infer(
    State(app): State<Arc<App>>,
    path: Named,
    liked: Liked,
    body: Result<Body, Error>,
) -> Response {
    let answer = async { infer_all(&app, path, &liked, body?).await };
    answer.await.map_or_else(Error::into_v2_response, |(headers, answer)| (headers, Json(answer)).into_response())
}

/// Returns who answers: the version that is named, or one by weight.
async fn choose(app: &App, path: Named) -> Result<Chosen, Error> {
    let Path(path) = path?;
    let target = path.get("model").cloned().unwrap_or_default();
    let variants = app.variants(&target).await?;
    match path.get("version") {
        None => variants.choose().ok_or_else(|| Error::no_champion(&target)),
        Some(version) => match variants.with_model(version).cloned() {
            Some(answering) => Ok(Chosen::of(answering, variants)),
            None => Err(Error::unknown_version(&target, version)),
        },
    }
}

async fn metadata(app: &App, path: Named) -> Result<Value, Error> {
    let chosen = choose(app, path).await?;
    let mut versions: Vec<&str> =
        chosen.variants.all().iter().map(|answering| answering.scorer.model_id.as_str()).collect();
    versions.sort_unstable();
    versions.dedup();
    let artifact = &chosen.answering.scorer.artifact;
    let inputs: Vec<Value> = artifact
        .model
        .features
        .features
        .iter()
        .map(|feature| {
            let datatype = match feature.kind {
                FeatureKind::Number => "FP64",
                FeatureKind::Flag => "BOOL",
                FeatureKind::Category { .. } => "BYTES",
            };
            json!({ "name": feature.name, "datatype": datatype, "shape": [-1, 1] })
        })
        .collect();
    Ok(json!({
        "name": artifact.target, "versions": versions, "platform": "plumbline", "inputs": inputs,
        "outputs": [
            { "name": "score", "datatype": "FP64", "shape": [-1, 1] },
            { "name": "reasons", "datatype": "BYTES", "shape": [-1, 1] },
        ],
    }))
}

async fn infer_all(app: &Arc<App>, path: Named, liked: &Liked, body: Body) -> Result<(HeaderMap, Value), Error> {
    let mut fields = body.json()?;
    let id = fields.text("id")?;
    let mut parameters = fields.object("parameters")?;
    let explain = parameters.as_mut().and_then(|parameters| parameters.take("explain")) == Some(Value::Bool(true));
    let inputs =
        fields.list("inputs")?.ok_or_else(|| Error::field("inputs", "is missing: expected a list of tensors"))?;
    let outputs = fields.list("outputs")?.unwrap_or_default();
    fields.no_more()?;
    let asked = |name: &str| outputs.iter().any(|output| output["name"] == name);
    if let Some(other) = outputs.iter().find(|output| output["name"] != "score" && output["name"] != "reasons") {
        let problem = format!("asks for `{}`: expected `score` or `reasons`", other["name"]);
        return Err(Error::field("outputs", &problem));
    }
    let chosen = choose(app, path).await?;
    let subjects = rows(inputs)?.into_iter().map(|features| Subject::Features { lead_id: None, features });
    let with_reasons = explain || asked("reasons");
    let explained = if with_reasons { Explained::Reasons(REASONS_MAX) } else { Explained::Not };
    let subjects = Asked::Subjects(subjects.collect());
    let scored = subject::score(app, &chosen, subjects, app.now(), explained).await?;
    subject::keep(app, &chosen, &scored, None).await?;
    let shape = [scored.predictions.len(), 1];
    let scores: Vec<f64> = scored.predictions.iter().map(|prediction| prediction.score.get()).collect();
    let mut tensors = vec![json!({ "name": "score", "shape": shape, "datatype": "FP64", "data": scores })];
    let scorer = &chosen.answering.scorer;
    let mut headers = HeaderMap::new();
    if with_reasons {
        headers = language::headers(liked.choose(&scorer.artifact.model.features));
        let reasons = |prediction: &plumb_lead::Prediction| {
            let reasons = prediction.reasons.iter();
            let reasons: Vec<Value> =
                reasons.map(|reason| json!({ "text": reason.text, "contribution": reason.contribution })).collect();
            Value::from(reasons).to_string()
        };
        let data: Vec<String> = language::tell(&scored, scorer, liked).await?.iter().map(reasons).collect();
        tensors.push(json!({ "name": "reasons", "shape": shape, "datatype": "BYTES", "data": data }));
    }
    let mut answer =
        json!({ "model_name": scorer.artifact.target, "model_version": scorer.model_id, "outputs": tensors });
    if let Some(id) = id {
        answer["id"] = Value::from(id);
    }
    Ok((headers, answer))
}

/// Returns a row for each value of the tensors, which all have the same length.
fn rows(inputs: Vec<Value>) -> Result<Vec<BTreeMap<String, FieldValue>>, Error> {
    let mut rows: Vec<BTreeMap<String, FieldValue>> = Vec::new();
    for (index, tensor) in inputs.into_iter().enumerate() {
        let path = format!("inputs[{index}]");
        let mut fields = Fields::of(tensor, &path)?;
        let (name, datatype) = (fields.text_needed("name")?, fields.text_needed("datatype")?);
        let shape = fields.list("shape")?.unwrap_or_default();
        let data = fields.list("data")?.ok_or_else(|| Error::field(format!("{path}.data"), "is missing"))?;
        fields.take("parameters");
        fields.no_more()?;
        let mut flat = Vec::new();
        flatten(data, &mut flat);
        let sizes: Option<Vec<u64>> = shape.iter().map(Value::as_u64).collect();
        let length = flat.len() as u64;
        if !matches!(sizes.as_deref(), Some([rows] | [rows, 1]) if *rows == length) {
            let problem = format!("does not fit {length} values: expected [{length}] or [{length}, 1]");
            return Err(Error::field(format!("{path}.shape"), &problem));
        }
        if index > 0 && rows.len() != flat.len() {
            return Err(Error::field(path, "has another length than the tensors before"));
        }
        rows.resize_with(flat.len(), BTreeMap::new);
        for (row, value) in rows.iter_mut().zip(flat) {
            row.insert(name.clone(), cell(&value, &datatype, &path)?);
        }
    }
    if rows.is_empty() { Err(Error::field("inputs", "has no values")) } else { Ok(rows) }
}

/// Data may be nested as its shape, or flat. The reader of JSON has bounded the depth.
fn flatten(list: Vec<Value>, flat: &mut Vec<Value>) {
    for value in list {
        match value {
            Value::Array(inner) => flatten(inner, flat),
            value => flat.push(value),
        }
    }
}

fn cell(value: &Value, datatype: &str, path: &str) -> Result<FieldValue, Error> {
    let cell = match (datatype, value) {
        (_, Value::Null) => Some(FieldValue::Missing),
        ("BOOL", Value::Bool(flag)) => Some(FieldValue::Flag(*flag)),
        ("BYTES", Value::String(text)) => Some(FieldValue::Text(text.clone())),
        ("FP16" | "FP32" | "FP64", Value::Number(number)) => number.as_f64().and_then(usable).map(FieldValue::Number),
        (kind, Value::Number(number)) if kind.starts_with("INT") || kind.starts_with("UINT") => {
            number.as_f64().filter(|number| number.fract() == 0.0).and_then(usable).map(FieldValue::Number)
        }
        _ => None,
    };
    cell.ok_or_else(|| Error::field(format!("{path}.data"), &format!("has `{value}`, which is no {datatype}")))
}
