//! `POST /v1/score`: one lead, one target.
//!
//! A request has one of `lead_id`, with overrides in `lead` and `events`; `lead` with `events`; or `features`; and perhaps
//! `as_of`. `Accept-Language` chooses the language of the reasons.

use std::sync::Arc;

use anyhow::Context;
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::errors::{Busy, Failed, Refused, TooLarge};
use super::prediction::{PredictionResponse, UnseenResponse};
use crate::future;
use crate::http::app::App;
use crate::http::cost::{self, AnswerForm, AnswerSpec};
use crate::http::error::Error;
use crate::http::instances::{
    EventInput, FastScoreBody, FeaturesInput, InstanceInput, LeadInput, PlainValue, Text, Timestamp, check_created,
    feature_names,
};
use crate::http::json;
use crate::http::middleware::accept_language::{AcceptLanguage, content_language};
use crate::http::middleware::body::Body;
#[cfg(test)]
use crate::http::middleware::request_memory::RequestMemory;
use crate::http::stale_sources::{self, StaleSourceResponse};
use crate::scoring::{Explain, REASONS_MAX};
use crate::serving::{InferenceRequest, RoutedVariant, localized};

/// What to score.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ScoreRequest {
    /// The target to predict.
    #[schema(value_type = String)]
    target: Text,
    /// A lead that the sources know; beside `features`, the caller's own name for the row.
    #[schema(nullable = false)]
    lead_id: Option<String>,
    /// The lead itself, or what is newer than the sources.
    #[schema(nullable = false)]
    lead: Option<LeadInput>,
    /// What happened to the lead and is newer than the sources.
    #[schema(nullable = false)]
    events: Option<Vec<EventInput>>,
    /// The model's inputs by name. A list in the model's order is read too.
    #[schema(value_type = Option<std::collections::BTreeMap<String, PlainValue>>, nullable = false)]
    features: Option<FeaturesInput>,
    /// The time as of which to score the lead; now by default, and not later than now.
    #[schema(value_type = Option<DateTime<Utc>>, nullable = false)]
    as_of: Option<Timestamp>,
}

/// The prediction, and the categories in the request that training never saw.
#[derive(Serialize, ToSchema)]
pub(super) struct ScoreResponse {
    #[serde(flatten)]
    prediction: PredictionResponse,
    /// Categories that training never saw.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unseen: Vec<UnseenResponse>,
    /// Sources of which nothing new is known; absent if all were read by the last ingestion.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stale_sources: Vec<StaleSourceResponse>,
}

/// Score one lead
///
/// A lead that the sources know (`lead_id`), a lead that the request brings (`lead`, with its `events`), or a model's inputs
/// themselves (`features`). The prediction is recorded before it is sent.
#[utoipa::path(
    post, path = "/v1/score", operation_id = "score",
    params(AcceptLanguage),
    request_body(content = ScoreRequest, example = json!({
        "target": "converted", "lead_id": "row 17", "features": { "age": 30, "channel": "referral" },
    })),
    responses(
        (status = 200, description = "The score and its reasons.", body = ScoreResponse,
         headers(("Content-Language" = String, description = "The language of the reasons, as `de`; absent if the project does not name it."))),
        (status = 413, response = TooLarge),
        (status = "4XX", response = Refused),
        (status = 503, response = Busy),
        (status = "5XX", response = Failed),
    ),
)]
pub(super) async fn post(
    State(app): State<Arc<App>>,
    AcceptLanguage(preferred): AcceptLanguage,
    body: Body,
) -> Result<(HeaderMap, Json<ScoreResponse>), Error> {
    let request = Request::parse(&body)?;
    let routed = app.engine.route(request.target()).await?;
    let (request, as_of) = request.for_variant(&body, &routed, app.engine.now())?;
    let explain = Explain::Reasons(REASONS_MAX);
    let form = AnswerForm::Full { is_localized: preferred.differs(&routed.scorer().artifact.model.features) };
    cost::admit(&body.memory, &routed, &request, AnswerSpec { explain, form, is_captured: false })?;
    let scored = app.engine.score(&routed, request, as_of, explain, body.memory.reservation()).await?;
    app.engine.record(&routed, &scored, None).await?;
    let scorer = routed.scorer();
    let predictions = localized(&scored, scorer, &preferred).await?;
    let prediction = predictions.first().cloned().context("one row gave no prediction")?.into();
    let headers = content_language(preferred.choose(&scorer.artifact.model.features));
    let stale_sources = stale_sources::responses(&scored.stale_sources);
    let unseen = scored.unseen.into_iter().map(UnseenResponse::from).collect();
    Ok((headers, Json(ScoreResponse { prediction, unseen, stale_sources })))
}

/// A request of which the target is known.
enum Request<'a> {
    /// A target, features, and perhaps a name, in plain JSON: the rest is read straight into rows.
    Fast(FastScoreBody<'a>),
    /// Anything else.
    Full(ScoreRequest),
}

impl<'a> Request<'a> {
    fn parse(body: &'a Body) -> Result<Request<'a>, Error> {
        json::check_content_type(&body.headers)?;
        match FastScoreBody::read(&body.bytes) {
            Some(fast) => Ok(Request::Fast(fast)),
            None => Ok(Request::Full(json::read_body(&body.headers, &body.bytes)?)),
        }
    }

    fn target(&self) -> &str {
        match self {
            Request::Fast(fast) => fast.target,
            Request::Full(ScoreRequest { target: Text(target), .. }) => target,
        }
    }

    /// Returns what to score, and as of when.
    fn for_variant(
        self,
        body: &Body,
        routed: &RoutedVariant,
        now: DateTime<Utc>,
    ) -> Result<(InferenceRequest, DateTime<Utc>), Error> {
        match self {
            Request::Fast(fast) => {
                if routed.takes_rows()
                    && let Some((rows, lead_id)) = fast.row(routed.scorer(), &body.memory)?
                {
                    return Ok((InferenceRequest::Rows(rows, lead_id.map(str::to_owned)), now));
                }
                body.memory.need_for_json()?;
                json::read_body::<ScoreRequest>(&body.headers, &body.bytes)?.into_instance(routed, now)
            }
            Request::Full(request) => request.into_instance(routed, now),
        }
    }
}

impl ScoreRequest {
    fn into_instance(
        self,
        routed: &RoutedVariant,
        now: DateTime<Utc>,
    ) -> Result<(InferenceRequest, DateTime<Utc>), Error> {
        let ScoreRequest { lead_id, lead, events, features, as_of, .. } = self;
        let as_of = as_of.map_or(now, |Timestamp(as_of)| as_of);
        if let Some(problem) = future::problem(as_of, now) {
            return Err(Error::field("as_of", &problem));
        }
        let input = InstanceInput { lead_id, lead, events, features };
        let instance = input.into_instance("", &feature_names(routed.scorer()))?;
        check_created(&instance, "", as_of)?;
        Ok((InferenceRequest::Instances(vec![instance]), as_of))
    }
}

/// Reads a body for a variant, whichever its target: for tests that compare the fast path with the full one.
#[cfg(test)]
pub(in crate::http) fn read_for_variant(bytes: &[u8], routed: &RoutedVariant) -> Result<InferenceRequest, Error> {
    let content_type = axum::http::HeaderValue::from_static(json::JSON);
    let headers = HeaderMap::from_iter([(axum::http::header::CONTENT_TYPE, content_type)]);
    let memory = RequestMemory::of_test(bytes);
    let body = Body { headers, bytes: bytes.to_vec().into(), memory };
    Ok(Request::parse(&body)?.for_variant(&body, routed, Utc::now())?.0)
}
