//! SageMaker's protocols: InvokeEndpoint (`invocations`), and the paths of a SageMaker container (`container`).
//!
//! A call of InvokeEndpoint fails in one of two ways, as in SageMaker. At the endpoint (`headers`) a mistake is a
//! `ValidationError`. Behind it is the model: what it cannot read, write or score is a `ModelError` with the status that the
//! model gave. Both are written as the AWS SDKs parse them (`error_format`).

mod error_format;
mod headers;
mod condition;
mod response;
mod clarify;
mod model;
mod invocations;
mod container;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use super::app::App;
use super::error::Error;
use super::middleware::{layered, public, unknown_paths, with_admission_control};

pub use condition::Condition;

/// Returns the routes of InvokeEndpoint.
pub(super) fn endpoint_router(app: &Arc<App>) -> Router<Arc<App>> {
    let scoring = Router::new().route("/endpoints/{target}/invocations", post(invocations::post));
    let routes = with_admission_control(&app.services, scoring)
        .route("/endpoints/{target}/async-invocations", post(invocations::refuse_async))
        .route("/endpoints/{target}/invocations-response-stream", post(invocations::refuse_stream));
    let unknown = unknown_paths(&app.services, "/endpoints", error_format::endpoint_error);
    layered(&app.services, routes, error_format::endpoint_error).merge(unknown)
}

/// Returns the routes of a container. MLflow's callers use them too (`mlflow`).
pub(super) fn container_router(app: &Arc<App>) -> Router<Arc<App>> {
    let scoring = Router::new().route("/invocations", post(container::invocations));
    let scoring = with_admission_control(&app.services, scoring);
    let open = Router::new().route("/ping", get(container::ping));
    let parameters = Router::new().route("/execution-parameters", get(container::execution_parameters));
    layered(&app.services, scoring, error_format::text_error)
        .merge(public(&app.services, open, Error::json_response))
        .merge(layered(&app.services, parameters, Error::json_response))
}
