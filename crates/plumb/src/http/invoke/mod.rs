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
use axum::extract::{Path, State};
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;

use super::App;
use super::error::Error;
use super::subject;
use crate::scoring::Scorer;
use condition::Condition;
use form::Form;
use headers::Call;

/// The name of the variant that answers where none are configured.
const VARIANT: &str = "AllTraffic";

const INVOKED_VARIANT: HeaderName = HeaderName::from_static("x-amzn-invoked-production-variant");

/// Which door a call did not come through.
enum Failure {
    /// There is no such endpoint, or a header is wrong.
    Endpoint(Error),
    /// The model cannot make anything of the body.
    Model(Error),
}

pub(super) async fn post(
    State(app): State<Arc<App>>,
    target: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    // The rejections are taken as values, so that they too are answered in the form that SDKs read.
    match invoke(&app, target, &headers, body).await {
        Ok(response) => response,
        Err(Failure::Endpoint(error)) => error.into_endpoint_response(),
        Err(Failure::Model(error)) => error.into_model_response(),
    }
}

async fn invoke(
    app: &Arc<App>,
    target: Result<Path<String>, PathRejection>,
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Failure> {
    let endpoint = async {
        let (Path(target), body) = (target?, body?);
        let call = Call::read(headers)?;
        tracing::debug!(inference_id = call.inference_id, "invoked");
        let scorer = app.scorer(&target).await?;
        call.check(&scorer)?;
        Ok((call, scorer, body))
    };
    let (call, scorer, body) = endpoint.await.map_err(Failure::Endpoint)?;
    let mut response = evaluate(app, scorer, headers, &body, call.explain.as_ref()).await.map_err(Failure::Model)?;
    let answered = response.headers_mut();
    answered.insert(INVOKED_VARIANT, HeaderValue::from_static(VARIANT));
    answered.extend(call.custom_attributes.map(|value| (headers::CUSTOM_ATTRIBUTES, value)));
    Ok(response)
}

/// What the model itself does with a body: read it, score it, write the answer.
async fn evaluate(
    app: &Arc<App>,
    scorer: Arc<Scorer>,
    headers: &HeaderMap,
    body: &[u8],
    explain: Option<&Condition>,
) -> Result<Response, Error> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(Error::empty_body());
    }
    let features = &scorer.artifact.model.features;
    let as_of = app.now();
    let (subjects, form) = rows::read(text(headers, CONTENT_TYPE).as_deref(), body, features, as_of)?;
    let form = Form::negotiate(text(headers, ACCEPT).as_deref(), form)?;
    let scored = subject::score(app, scorer.clone(), subjects, as_of).await?;
    match explain {
        None => answer::response(form, scored),
        Some(condition) => clarify::response(form, &scored, features, condition),
    }
}

/// Returns a header's text; bytes that are none are shown as such, so that they fit no known value.
fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}
