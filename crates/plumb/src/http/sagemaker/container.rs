//! The paths of a SageMaker container: `GET /ping`, `GET /execution-parameters`, and `POST /invocations`, scored by the first
//! target. Errors are plain text with the status that the XGBoost container gives.
//!
//! The XGBoost container reads no JSON at `/invocations`, so JSON is taken for a call of MLflow's (`mlflow`): the content
//! type alone decides the protocol.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::model::{Invocation, invoke};
use crate::http::app::App;
use crate::http::error::Error;
use crate::http::json::{JSON, media_type};
use crate::http::middleware::body::BODY_BYTES_MAX;
use crate::http::middleware::request_id::RequestId;
use crate::http::middleware::request_memory::RequestMemory;
use crate::http::mlflow;

/// How Batch Transform should send its rows.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ExecutionParameters {
    max_concurrent_transforms: usize,
    batch_strategy: &'static str,
    #[serde(rename = "MaxPayloadInMB")]
    max_payload_in_mb: usize,
}

/// Returns that the server can answer: an empty 200.
pub(super) async fn ping(State(app): State<Arc<App>>) -> Result<StatusCode, Error> {
    app.check_ready().await?;
    Ok(StatusCode::OK)
}

pub(super) async fn execution_parameters() -> Json<ExecutionParameters> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Json(ExecutionParameters {
        max_concurrent_transforms: cores,
        batch_strategy: "MULTI_RECORD",
        max_payload_in_mb: BODY_BYTES_MAX >> 20,
    })
}

/// Scores rows by the first target's model.
pub(super) async fn invocations(
    State(app): State<Arc<App>>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    Extension(memory): Extension<RequestMemory>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Error> {
    if media_type(&headers).as_deref() == Some(JSON) {
        return Ok(mlflow::invocations(&app, request_id, &memory, body).await);
    }
    let body = body?;
    if body.is_empty() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let target = app.engine.existing_target(None).await?;
    let routed = app.engine.route(&target).await?.with_event_id(app.capture.then(|| request_id.to_string()));
    let (routed, headers, body, memory) = (&routed, &headers, &body, &memory);
    invoke(&app, Invocation { routed, headers, body, memory, explain: None, inference_id: None, request_id }).await
}
