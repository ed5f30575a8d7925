//! The layers of a protocol's router: authentication, the body, and errors in the protocol's own format; and admission
//! control for the routes that score.
//!
//! An [`Error`] travels as an extension of the response, from a handler or from these layers, until the protocol's format
//! writes it.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{OriginalUri, Request};
use axum::http::Method;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::{Router, extract};

use super::body;
use super::request_memory::RequestMemory;
use super::services::Services;
use crate::http::error::Error;

/// How a protocol writes an error.
pub(in crate::http) type ErrorFormat = fn(Error) -> Response;

/// A protocol: its routes answer errors in its own format.
pub(in crate::http) struct Protocol {
    services: Arc<Services>,
    error_format: ErrorFormat,
}

impl Protocol {
    pub(in crate::http) fn new(services: &Arc<Services>, error_format: ErrorFormat) -> Protocol {
        Protocol { services: services.clone(), error_format }
    }

    /// Returns the protocol's routes with its layer.
    pub(in crate::http) fn routes<S: State>(&self, routes: Router<S>) -> Router<S> {
        self.layered(routes, false)
    }

    /// Returns routes of the protocol that anybody may call, with its layer: load balancers sign nothing.
    pub(in crate::http) fn public_routes<S: State>(&self, routes: Router<S>) -> Router<S> {
        self.layered(routes, true)
    }

    /// Returns a router that answers unknown paths under a prefix in the protocol's format.
    pub(in crate::http) fn unknown_paths<S: State>(&self, prefix: &str) -> Router<S> {
        Router::new().nest(prefix, self.routes(Router::new().fallback(unknown_path)))
    }

    /// Returns routes that score, under admission control.
    pub(in crate::http) fn scoring_routes<S: State>(&self, routes: Router<S>) -> Router<S> {
        routes.route_layer(from_fn_with_state(self.services.clone(), limit))
    }

    fn layered<S: State>(&self, routes: Router<S>, is_public: bool) -> Router<S> {
        let layer = Layer { services: self.services.clone(), error_format: self.error_format, is_public };
        routes.method_not_allowed_fallback(wrong_method).layer(from_fn_with_state(layer, answer))
    }
}

/// What a router's state has to be.
pub(in crate::http) trait State: Clone + Send + Sync + 'static {}

impl<S: Clone + Send + Sync + 'static> State for S {}

#[derive(Clone)]
struct Layer {
    services: Arc<Services>,
    error_format: ErrorFormat,
    is_public: bool,
}

/// Returns that there is nothing at a path.
async fn unknown_path(OriginalUri(uri): OriginalUri) -> Error {
    Error::unknown_path(uri.path())
}

async fn wrong_method(method: Method, OriginalUri(uri): OriginalUri) -> Error {
    Error::wrong_method(&method, uri.path())
}

async fn answer(extract::State(layer): extract::State<Layer>, request: Request, next: Next) -> Response {
    let mut response = admit(&layer, request, next).await.unwrap_or_else(Error::into_response);
    match response.extensions_mut().remove::<Error>() {
        Some(error) => (layer.error_format)(error),
        None => response,
    }
}

/// Authenticates a request by its headers, before its body is read, so that strangers cannot make the server read; reads the
/// body, and verifies the signature with it.
async fn admit(layer: &Layer, request: Request, next: Next) -> Result<Response, Error> {
    let services = &layer.services;
    let signature = if layer.is_public { None } else { services.auth.authenticate(request.headers())? };
    let (mut parts, body) = request.into_parts();
    let reservation = Arc::new(services.memory.begin());
    let bytes = body::read(&reservation, services.timeouts.body, &parts.headers, body).await?;
    if let Some(signature) = signature {
        // In a nested router the URI has lost its prefix, which the caller signed.
        let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |OriginalUri(uri)| uri);
        signature.verify(&parts.method, uri, &parts.headers, &bytes)?;
    }
    let memory = RequestMemory::new(&bytes, reservation, services.limits);
    parts.extensions.insert(memory.clone());
    let response = next.run(Request::from_parts(parts, Body::from(bytes))).await;
    memory.hold(response).await
}

async fn limit(
    extract::State(services): extract::State<Arc<Services>>,
    request: Request,
    next: Next,
) -> Result<Response, Error> {
    if !request.extensions().get::<RequestMemory>().is_some_and(RequestMemory::is_heavy) {
        return services.admission.run(next.run(request)).await;
    }
    let admission = services.clone();
    services.heavy.run(async move { admission.admission.run(next.run(request)).await }).await
}
