//! `POST /endpoints/{target}/invocations`, as callers of SageMaker's InvokeEndpoint send it.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

use super::error_format::model_error;
use super::headers::{CUSTOM_ATTRIBUTES, CallHeaders};
use super::model::{Invocation, invoke};
use crate::http::app::App;
use crate::http::error::Error;
use crate::http::middleware::request_id::RequestId;
use crate::http::middleware::request_memory::RequestMemory;
use crate::serving::RoutedVariant;

const INVOKED_VARIANT: HeaderName = HeaderName::from_static("x-amzn-invoked-production-variant");

/// Why a call fails.
pub(super) enum Failure {
    /// There is no such endpoint, or a header is wrong.
    Endpoint(Error),
    /// The model cannot read, score or write what it should.
    Model(Error),
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Failure::Endpoint(error) => error.into_response(),
            Failure::Model(error) => model_error(error.logged()),
        }
    }
}

pub(super) async fn post(
    State(app): State<Arc<App>>,
    target: Result<Path<String>, PathRejection>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    Extension(memory): Extension<RequestMemory>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Failure> {
    let (call, routed) = route(&app, target, request_id, &headers).await.map_err(Failure::Endpoint)?;
    let body = body.map_err(|rejection| Failure::Endpoint(rejection.into()))?;
    let CallHeaders { custom_attributes, inference_id, explain, .. } = call;
    let (explain, routed_to) = (explain.as_ref(), &routed);
    let (headers, body, memory) = (&headers, &body, &memory);
    let invocation = Invocation { routed: routed_to, headers, body, memory, explain, inference_id, request_id };
    let mut response = invoke(&app, invocation).await.map_err(Failure::Model)?;
    let answered = response.headers_mut();
    answered.extend(HeaderValue::from_str(&routed.variant.name).ok().map(|name| (INVOKED_VARIANT, name)));
    answered.extend(custom_attributes.map(|value| (CUSTOM_ATTRIBUTES, value)));
    Ok(response)
}

/// Checks the headers of a call, and routes it to a variant.
async fn route(
    app: &App,
    target: Result<Path<String>, PathRejection>,
    request_id: Uuid,
    headers: &HeaderMap,
) -> Result<(CallHeaders, RoutedVariant), Error> {
    let Path(target) = target?;
    let call = CallHeaders::read(headers)?;
    tracing::debug!(inference_id = call.inference_id, "invoked");
    let variants = app.engine.variants(&target).await?;
    // With data capture callers know the request's id, so ground truth may refer to that too.
    let event_id = call.inference_id.clone().or_else(|| app.capture.then(|| request_id.to_string()));
    let routed = call.route(&target, variants)?.with_event_id(event_id);
    Ok((call, routed))
}

/// Refuses what InvokeEndpointAsync sends.
pub(super) async fn refuse_async() -> Error {
    Error::unsupported(
        "asynchronous invocations",
        "call InvokeEndpoint, which answers at once; score files by `plumb score`",
    )
}

/// Refuses what InvokeEndpointWithResponseStream sends.
pub(super) async fn refuse_stream() -> Error {
    Error::unsupported("streamed answers", "call InvokeEndpoint, which answers all rows at once")
}
