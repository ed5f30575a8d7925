//! MLflow's scoring server: JSON at `POST /invocations`, which `sagemaker::container` routes here by its content type, and
//! `{"predictions": [0.7]}` back; `GET /health`, `GET /version`. Errors are `{"error_code", "message"}`.

mod input;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use uuid::Uuid;

use super::answer_writer::AnswerWriter;
use super::app::App;
use super::cost::{self, AnswerForm, AnswerSpec};
use super::error::Error;
use super::json::JSON;
use super::middleware::Protocol;
use super::middleware::request_memory::RequestMemory;
use crate::scoring::Explain;

#[cfg(test)]
pub(super) use input::read as read_for_variant;

/// The scores of rows.
#[derive(Serialize)]
struct PredictionsResponse {
    predictions: Vec<f64>,
}

/// An error as MLflow writes it.
#[derive(Serialize)]
struct ErrorResponse {
    error_code: &'static str,
    message: String,
}

/// Returns the routes that only MLflow has.
pub(super) fn router(app: &Arc<App>) -> Router<Arc<App>> {
    let routes = Router::new().route("/health", get(health)).route("/version", get(version));
    Protocol::new(&app.services, Error::json_response).routes(routes)
}

async fn health(State(app): State<Arc<App>>) -> Result<StatusCode, Error> {
    app.check_ready().await?;
    Ok(StatusCode::OK)
}

async fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// Scores rows by the first target's model.
pub(super) async fn invocations(
    app: &Arc<App>,
    request_id: Uuid,
    memory: &RequestMemory,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    score(app, request_id, memory, body).await.unwrap_or_else(error_response)
}

async fn score(
    app: &Arc<App>,
    request_id: Uuid,
    memory: &RequestMemory,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Error> {
    let body = body?;
    if body.is_empty() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let target = app.engine.existing_target(None).await?;
    let routed = app.engine.route(&target).await?.with_event_id(app.capture.then(|| request_id.to_string()));
    let request = input::read(&body, &routed, memory)?;
    let answer_spec = AnswerSpec { explain: Explain::Nothing, form: AnswerForm::Outputs(1), is_captured: false };
    cost::admit(memory, &routed, &request, answer_spec)?;
    let (now, held) = (app.engine.now(), memory.reservation());
    let scored = app.engine.score(&routed, request, now, Explain::Nothing, held).await?;
    app.engine.record(&routed, &scored, None).await?;
    let predictions = scored.predictions.iter().map(|prediction| prediction.score.get()).collect();
    let mut answer = AnswerWriter::new(memory.limits.answer_bytes);
    answer.put_json(&PredictionsResponse { predictions })?;
    Ok(([(CONTENT_TYPE, JSON)], answer.finish()).into_response())
}

fn error_response(error: Error) -> Response {
    let error = error.logged();
    let error_code = if error.status.is_client_error() { "BAD_REQUEST" } else { "INTERNAL_ERROR" };
    let body = ErrorResponse { error_code, message: error.sentence() };
    (error.status, error.headers(), Json(body)).into_response()
}
