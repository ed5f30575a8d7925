//! What a SageMaker container answers to: `GET /ping`, `GET /execution-parameters`, and `POST /invocations` with all
//! forms of rows but JSON, by the first target. Errors are plain text with the status that the XGBoost container gives.
//! JSON at `/invocations` is MLflow's (`mlflow`).

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Extension, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::{Invocation, evaluate};
use crate::http::error::Error;
use crate::http::request::RequestId;
use crate::http::{App, BODY_BYTES_MAX, mlflow};

/// Says that the server is there: an empty 200.
pub(in crate::http) async fn ping() -> StatusCode {
    StatusCode::OK
}

/// Says how Batch Transform should send its rows.
pub(in crate::http) async fn execution_parameters() -> Json<Value> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Json(json!({
        "MaxConcurrentTransforms": cores, "BatchStrategy": "MULTI_RECORD", "MaxPayloadInMB": BODY_BYTES_MAX >> 20,
    }))
}

/// Scores rows by the first target's model.
pub(in crate::http) async fn invocations(
    State(app): State<Arc<App>>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let content_type = super::text(&headers, CONTENT_TYPE).unwrap_or_default();
    let is_json =
        content_type.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
    let answer = async {
        let body = body?;
        if body.is_empty() {
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
        let target = app.target(None).await?.ok_or_else(|| Error::unknown_target("", &[]))?;
        let chosen = app.variants(&target).await?.choose().ok_or_else(|| Error::no_champion(&target))?;
        let chosen = chosen.named(app.capture.then(|| request_id.to_string()));
        let (chosen, headers, body) = (&chosen, &headers, &body);
        if is_json {
            return mlflow::evaluate(&app, chosen, body).await;
        }
        evaluate(&app, Invocation { chosen, headers, body, explain: None, inference_id: None, request_id }).await
    };
    let failed = if is_json { Error::into_mlflow_response } else { Error::into_text_response };
    answer.await.unwrap_or_else(failed)
}
