//! `POST /endpoints/{target}/invocations`, as callers of SageMaker's InvokeEndpoint send it, and `/ping`,
//! `/execution-parameters` and `/invocations` as a SageMaker container has them (`container`).
//!
//! A call goes through two doors, as it does there. At the endpoint (`headers`) a mistake is a `ValidationError`. Behind it
//! is the model: what it cannot read (`rows`), write (`form`) or score is a `ModelError` with the status that the
//! model gave. Both are answered in the shape that the AWS SDKs parse.

mod headers;
mod rows;
mod form;
mod answer;
mod clarify;
mod condition;
pub(super) mod container;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{Extension, Path, State};
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;
use chrono::Utc;
use uuid::Uuid;

use super::App;
use super::error::Error;
use super::request::RequestId;
use super::subject;
use super::variants::Chosen;
use crate::journal::{Capture, Payload};
use crate::scoring::{Explained, REASONS_MAX};
pub(super) use answer::of_text;
use condition::Condition;
use form::Form;
use headers::Call;
pub(super) use rows::WORDS;
#[cfg(test)]
pub(super) use rows::read;

const INVOKED_VARIANT: HeaderName = HeaderName::from_static("x-amzn-invoked-production-variant");

/// Which door a call did not come through.
enum Failure {
    /// There is no such endpoint, or a header is wrong.
    Endpoint(Error),
    /// The model cannot make anything of the body.
    Model(Error),
}

/// One call, after the endpoint's door.
struct Invocation<'a> {
    chosen: &'a Chosen,
    headers: &'a HeaderMap,
    body: &'a [u8],
    explain: Option<&'a Condition>,
    inference_id: Option<String>,
    request_id: Uuid,
}

pub(super) async fn post(
    State(app): State<Arc<App>>,
    target: Result<Path<String>, PathRejection>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    // The rejections are taken as values, so that they too are answered in the form that SDKs read.
    match invoke(&app, target, request_id, &headers, body).await {
        Ok(response) => response,
        Err(Failure::Endpoint(error)) => error.into_endpoint_response(),
        Err(Failure::Model(error)) => error.into_model_response(),
    }
}

async fn invoke(
    app: &Arc<App>,
    target: Result<Path<String>, PathRejection>,
    request_id: Uuid,
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Failure> {
    let endpoint = async {
        let (Path(target), body) = (target?, body?);
        let call = Call::read(headers)?;
        tracing::debug!(inference_id = call.inference_id, "invoked");
        let variants = app.variants(&target).await?;
        let chosen = call.choose(&target, variants)?;
        Ok((call, chosen, body))
    };
    let (call, chosen, body) = endpoint.await.map_err(Failure::Endpoint)?;
    let Call { custom_attributes, inference_id, explain, .. } = call;
    let invocation =
        Invocation { chosen: &chosen, headers, body: &body, explain: explain.as_ref(), inference_id, request_id };
    let mut response = evaluate(app, invocation).await.map_err(Failure::Model)?;
    let answered = response.headers_mut();
    answered.extend(HeaderValue::from_str(&chosen.answering.name).ok().map(|name| (INVOKED_VARIANT, name)));
    answered.extend(custom_attributes.map(|value| (headers::CUSTOM_ATTRIBUTES, value)));
    Ok(response)
}

/// What the model itself does with a body: read it, score it, write the answer, and keep both before it is given.
async fn evaluate(app: &Arc<App>, invocation: Invocation<'_>) -> Result<Response, Error> {
    let Invocation { chosen, headers, body, explain, .. } = invocation;
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(Error::empty_body());
    }
    let features = &chosen.answering.scorer.artifact.model.features;
    let as_of = app.now();
    let content_type = text(headers, CONTENT_TYPE);
    let (asked, form) = rows::read(content_type.as_deref(), body, chosen, as_of)?;
    let form = Form::negotiate(text(headers, ACCEPT).as_deref(), form)?;
    let explained = match (explain, form) {
        (Some(_), _) => Explained::Contributions,
        (None, Form::Plumb) => Explained::Reasons(REASONS_MAX),
        (None, Form::Csv | Form::Json | Form::JsonLines) => Explained::Not,
    };
    let scored = subject::score(app, chosen, asked, as_of, explained).await?;
    let (media_type, answer) = match explain {
        None => (form.media_type(), answer::text(form, &scored)?),
        Some(condition) => ("application/json", clarify::text(form, &scored, features, condition)),
    };
    let capture = app.capture.then(|| Capture {
        endpoint: chosen.answering.scorer.artifact.target.clone(),
        event_id: invocation.request_id.to_string(),
        inference_id: invocation.inference_id,
        at: Utc::now(),
        input: Payload {
            content_type: content_type.unwrap_or_default(),
            data: String::from_utf8_lossy(body).into_owned(),
        },
        output: Payload { content_type: media_type.to_owned(), data: answer.clone() },
    });
    subject::keep(app, chosen, &scored, capture.as_ref()).await?;
    Ok(of_text(media_type, answer))
}

/// Returns a header's text; bytes that are none are shown as such, so that they fit no known value.
fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}
