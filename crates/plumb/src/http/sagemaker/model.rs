//! What the model behind an endpoint does with a body: it reads it, scores it, writes the response, and records both.

use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::response::Response;
use chrono::Utc;
use uuid::Uuid;

use super::clarify;
use super::condition::Condition;
use super::response;
use crate::http::answer_writer::AnswerWriter;
use crate::http::app::App;
use crate::http::cost::{self, AnswerForm, AnswerSpec};
use crate::http::error::Error;
use crate::http::instances::{self, ContentType};
use crate::http::json::JSON;
use crate::http::media_type::MediaType;
use crate::http::middleware::accept_language::{AcceptLanguage, content_language};
use crate::http::middleware::request_memory::RequestMemory;
use crate::http::stale_sources;
use crate::journal::{Capture, Payload};
use crate::scoring::{Explain, REASONS_MAX};
use crate::serving::{PreferredLanguages, RoutedVariant, ScoredRequest, localized};

/// One call, after its headers were checked.
pub(super) struct Invocation<'a> {
    pub(super) routed: &'a RoutedVariant,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a [u8],
    pub(super) memory: &'a RequestMemory,
    pub(super) explain: Option<&'a Condition>,
    pub(super) inference_id: Option<String>,
    pub(super) request_id: Uuid,
}

/// Scores a call and records its predictions.
pub(super) async fn invoke(app: &Arc<App>, invocation: Invocation<'_>) -> Result<Response, Error> {
    let Invocation { routed, headers, body, memory, explain, .. } = invocation;
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(Error::empty_body());
    }
    let as_of = app.engine.now();
    let header = headers.get(CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let content_type = ContentType::parse(header.as_deref())?;
    let request = instances::read(content_type, body, routed, as_of, memory)?;
    let media_type = negotiate(app, headers, content_type)?;
    let explained = match (explain, media_type) {
        (Some(_), _) => Explain::Contributions,
        (None, MediaType::Plumb) => Explain::Reasons(REASONS_MAX),
        (None, MediaType::Csv | MediaType::Json | MediaType::JsonLines | MediaType::RecordIo) => Explain::Nothing,
    };
    let AcceptLanguage(preferred) = AcceptLanguage::of(headers);
    let answer_spec = answer_spec(app, routed, explained, &preferred);
    cost::admit(memory, routed, &request, answer_spec)?;
    let scored = app.engine.score(routed, request, as_of, explained, memory.reservation()).await?;
    let has_reasons = matches!(explained, Explain::Reasons(_));
    let answer = AnswerWriter::new(memory.limits.answer_bytes);
    let (written_type, written) = match explain {
        None if has_reasons => {
            let predictions = localized(&scored, routed.scorer(), &preferred).await?;
            (media_type.header(), response::full(&predictions, &scored, answer)?)
        }
        explain => write(app, routed, &scored, (media_type, answer), explain)?,
    };
    let capture = app.capture.then(|| Capture {
        endpoint: routed.scorer().artifact.target.clone(),
        event_id: invocation.request_id.to_string(),
        inference_id: invocation.inference_id,
        at: Utc::now(),
        input: Payload::new(header.as_deref().unwrap_or_default(), body),
        output: Payload::new(written_type, &written),
    });
    app.engine.record(routed, &scored, capture.as_ref()).await?;
    let mut response = response::of_type(written_type, written);
    if has_reasons {
        let language = preferred.choose(&routed.scorer().artifact.model.features);
        response.headers_mut().extend(content_language(language));
    }
    response.headers_mut().extend(stale_sources::header(&scored.stale_sources));
    Ok(response)
}

/// Returns the media type of the response: the caller's preference, the server's, or that of the request. For a request
/// without text, that is CSV, as in the XGBoost container.
fn negotiate(app: &App, headers: &HeaderMap, content_type: ContentType) -> Result<MediaType, Error> {
    let of_request = match content_type {
        ContentType::Json => MediaType::Json,
        ContentType::JsonLines => MediaType::JsonLines,
        ContentType::Csv(_) | ContentType::LibSvm { .. } | ContentType::RecordIo => MediaType::Csv,
    };
    let accept = headers.get(ACCEPT).map(|value| String::from_utf8_lossy(value.as_bytes()));
    MediaType::negotiate(accept.as_deref(), app.response_format.media_type(of_request))
}

/// Returns a response without reasons, and its content type.
fn write(
    app: &App,
    routed: &RoutedVariant,
    scored: &ScoredRequest,
    (media_type, answer): (MediaType, AnswerWriter),
    explain: Option<&Condition>,
) -> Result<(&'static str, Vec<u8>), Error> {
    let model = &routed.scorer().artifact.model;
    match explain {
        Some(condition) => Ok((JSON, clarify::bytes(media_type, scored, &model.features, condition, answer)?)),
        None => {
            let threshold = model.threshold.score;
            let written = response::bytes(media_type, &app.response_format, threshold, &scored.predictions, answer)?;
            Ok((media_type.header(), written))
        }
    }
}

/// Returns how the call is answered, for the estimate of its cost.
fn answer_spec(app: &App, routed: &RoutedVariant, explain: Explain, preferred: &PreferredLanguages) -> AnswerSpec {
    let form = match explain {
        Explain::Nothing => AnswerForm::Outputs(app.response_format.outputs_of_row()),
        Explain::Contributions => AnswerForm::Attributions,
        Explain::Reasons(_) => {
            AnswerForm::Full { is_localized: preferred.differs(&routed.scorer().artifact.model.features) }
        }
    };
    AnswerSpec { explain, form, is_captured: app.capture }
}
