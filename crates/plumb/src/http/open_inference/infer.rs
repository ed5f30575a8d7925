//! `POST /v2/models/{model}/infer`: scores rows. The output `score` is always there; `reasons`, JSON in a text, if the
//! parameter `explain` or that output is asked for.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderName};
use plumb_lead::Prediction;
use serde::Deserialize;
use serde_json::{Value, json};

use super::model::{ModelPath, route};
use super::tensors::{TensorInput, rows};
use crate::http::answer_writer::AnswerWriter;
use crate::http::app::App;
use crate::http::cost::{self, AnswerForm, AnswerSpec};
use crate::http::error::Error;
use crate::http::json::{self, JSON};
use crate::http::middleware::accept_language::{AcceptLanguage, content_language};
use crate::http::middleware::body::Body;
use crate::scoring::{Explain, REASONS_MAX};
use crate::serving::{InferenceRequest, Instance, localized};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InferRequest {
    id: Option<String>,
    parameters: Option<Parameters>,
    inputs: Vec<TensorInput>,
    outputs: Option<Vec<Value>>,
}

/// The parameters of a request; those that are not known are ignored.
#[derive(Deserialize)]
struct Parameters {
    explain: Option<Value>,
}

impl InferRequest {
    /// Returns whether the reasons are asked for.
    fn wants_reasons(&self) -> Result<bool, Error> {
        let outputs = self.outputs.as_deref().unwrap_or_default();
        if let Some(other) = outputs.iter().find(|output| output["name"] != "score" && output["name"] != "reasons") {
            let problem = format!("asks for `{}`: expected `score` or `reasons`", other["name"]);
            return Err(Error::field("outputs", &problem));
        }
        let explain = self.parameters.as_ref().and_then(|parameters| parameters.explain.as_ref());
        Ok(explain == Some(&Value::Bool(true)) || outputs.iter().any(|output| output["name"] == "reasons"))
    }
}

pub(super) async fn post(
    State(app): State<Arc<App>>,
    path: ModelPath,
    AcceptLanguage(preferred): AcceptLanguage,
    body: Result<Body, Error>,
) -> Result<(HeaderMap, [(HeaderName, &'static str); 1], Vec<u8>), Error> {
    let body = body?;
    let request: InferRequest = json::read_body(&body.headers, &body.bytes)?;
    let with_reasons = request.wants_reasons()?;
    let routed = route(&app, path).await?;
    let instances =
        rows(request.inputs, &body.memory)?.into_iter().map(|features| Instance::Features { lead_id: None, features });
    let instances = InferenceRequest::Instances(instances.collect());
    let explain = if with_reasons { Explain::Reasons(REASONS_MAX) } else { Explain::Nothing };
    let form = match with_reasons {
        true => AnswerForm::Full { is_localized: preferred.differs(&routed.scorer().artifact.model.features) },
        false => AnswerForm::Outputs(1),
    };
    cost::admit(&body.memory, &routed, &instances, AnswerSpec { explain, form, is_captured: false })?;
    let scored = app.engine.score(&routed, instances, app.engine.now(), explain, body.memory.reservation()).await?;
    app.engine.record(&routed, &scored, None).await?;
    let shape = [scored.predictions.len(), 1];
    let scores: Vec<f64> = scored.predictions.iter().map(|prediction| prediction.score.get()).collect();
    let mut tensors = vec![json!({ "name": "score", "shape": shape, "datatype": "FP64", "data": scores })];
    let scorer = routed.scorer();
    let mut headers = HeaderMap::new();
    if with_reasons {
        headers = content_language(preferred.choose(&scorer.artifact.model.features));
        let predictions = localized(&scored, scorer, &preferred).await?;
        let data: Vec<String> = predictions.iter().map(reasons_text).collect();
        tensors.push(json!({ "name": "reasons", "shape": shape, "datatype": "BYTES", "data": data }));
    }
    let mut response =
        json!({ "model_name": scorer.artifact.target, "model_version": scorer.model_id, "outputs": tensors });
    if let Some(id) = request.id {
        response["id"] = Value::from(id);
    }
    let mut answer = AnswerWriter::new(body.memory.limits.answer_bytes);
    answer.put_json(&response)?;
    Ok((headers, [(CONTENT_TYPE, JSON)], answer.finish()))
}

fn reasons_text(prediction: &Prediction) -> String {
    let reasons = prediction.reasons.iter();
    let reasons: Vec<Value> =
        reasons.map(|reason| json!({ "text": reason.text, "contribution": reason.contribution })).collect();
    Value::from(reasons).to_string()
}
