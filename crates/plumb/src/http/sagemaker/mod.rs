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
use super::middleware::Protocol;

pub use condition::Condition;

/// Returns the routes of InvokeEndpoint.
pub(super) fn endpoint_router(app: &Arc<App>) -> Router<Arc<App>> {
    let protocol = Protocol::new(&app.services, error_format::endpoint_error);
    let scoring = Router::new().route("/endpoints/{target}/invocations", post(invocations::post));
    let others = Router::new()
        .route("/endpoints/{target}/async-invocations", post(invocations::refuse_async))
        .route("/endpoints/{target}/invocations-response-stream", post(invocations::refuse_stream));
    let routes = protocol.scoring_routes(scoring).merge(protocol.routes(others));
    routes.merge(protocol.unknown_paths("/endpoints"))
}

/// Returns the routes of a container. MLflow's callers use them too (`mlflow`).
pub(super) fn container_router(app: &Arc<App>) -> Router<Arc<App>> {
    let text = Protocol::new(&app.services, error_format::text_error);
    let json = Protocol::new(&app.services, Error::json_response);
    let scoring = Router::new().route("/invocations", post(container::invocations));
    let ping = Router::new().route("/ping", get(container::ping));
    let parameters = Router::new().route("/execution-parameters", get(container::execution_parameters));
    text.scoring_routes(scoring).merge(json.public_routes(ping)).merge(json.routes(parameters))
}
