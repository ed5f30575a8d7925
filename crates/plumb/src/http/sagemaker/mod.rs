//! SageMaker's protocols: InvokeEndpoint (`invocations`), and the paths of a SageMaker container (`container`).
//!
//! A call of InvokeEndpoint fails in one of two ways, as in SageMaker. At the endpoint (`headers`) a mistake is a
//! `ValidationError`. Behind it is the model: what it cannot read, write or score is a `ModelError` with the status that the
//! model gave. Both are written as the AWS SDKs parse them (`error_format`).

mod error_format;
mod headers;
mod condition;
mod media_type;
mod response_format;
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
use super::middleware::protocol;

pub use condition::Condition;
pub use media_type::MediaType;
pub(crate) use response_format::ResponseFormat;

/// Returns the routes of InvokeEndpoint.
pub(super) fn endpoint_router(app: &Arc<App>) -> Router<Arc<App>> {
    let scoring = Router::new().route("/endpoints/{target}/invocations", post(invocations::post));
    let routes = protocol::with_admission_control(app, scoring)
        .route("/endpoints/{target}/async-invocations", post(invocations::refuse_async))
        .route("/endpoints/{target}/invocations-response-stream", post(invocations::refuse_stream));
    let unknown = protocol::unknown_paths(app, "/endpoints", error_format::endpoint_error);
    protocol::layered(app, routes, error_format::endpoint_error).merge(unknown)
}

/// Returns the routes of a container. MLflow's callers use them too (`mlflow`).
pub(super) fn container_router(app: &Arc<App>) -> Router<Arc<App>> {
    let scoring = Router::new().route("/invocations", post(container::invocations));
    let scoring = protocol::with_admission_control(app, scoring);
    let public = Router::new().route("/ping", get(container::ping));
    let parameters = Router::new().route("/execution-parameters", get(container::execution_parameters));
    protocol::layered(app, scoring, error_format::text_error)
        .merge(protocol::public(app, public, Error::json_response))
        .merge(protocol::layered(app, parameters, Error::json_response))
}
