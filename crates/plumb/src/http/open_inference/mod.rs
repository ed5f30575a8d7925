//! `/v2`: the Open Inference Protocol, version 2, as KServe, Triton and MLServer speak it. The model's name is the target,
//! its version the model's id; each feature is a tensor of shape `[rows]` or `[rows, 1]`. Errors are `{"error"}`.

mod model;
mod server;
mod metadata;
mod tensors;
mod infer;

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Serialize;

use super::app::App;
use super::error::Error;
use super::middleware::Protocol;

/// An error as the protocol has it.
#[derive(Serialize)]
struct ErrorResponse {
    error: String,
}

/// Returns the routes of `/v2`.
pub(super) fn router(app: &Arc<App>) -> Router<Arc<App>> {
    let protocol = Protocol::new(&app.services, error_response);
    let scoring = Router::new()
        .route("/v2/models/{model}/infer", post(infer::post))
        .route("/v2/models/{model}/versions/{version}/infer", post(infer::post));
    let others = Router::new()
        .route("/v2", get(server::get))
        .route("/v2/models/{model}", get(metadata::get))
        .route("/v2/models/{model}/versions/{version}", get(metadata::get))
        .route("/v2/models/{model}/ready", get(metadata::ready))
        .route("/v2/models/{model}/versions/{version}/ready", get(metadata::ready));
    let health =
        Router::new().route("/v2/health/live", get(server::live)).route("/v2/health/ready", get(server::ready));
    let routes = protocol.scoring_routes(scoring).merge(protocol.routes(others));
    routes.merge(protocol.public_routes(health)).merge(protocol.unknown_paths("/v2"))
}

fn error_response(error: Error) -> Response {
    (error.status, error.headers(), Json(ErrorResponse { error: error.sentence() })).into_response()
}
