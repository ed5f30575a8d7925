//! The layers of a protocol's router: authentication, the body, and errors in the protocol's own format; and admission
//! control for the routes that score.
//!
//! An [`Error`] travels as an extension of the response, from a handler or from these layers, until the protocol's format
//! writes it.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{OriginalUri, Request, State};
use axum::http::Method;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};

use super::body;
use super::services::Services;
use crate::http::error::Error;

/// How a protocol writes an error.
pub(in crate::http) type ErrorFormat = fn(Error) -> Response;

/// A protocol's layer.
#[derive(Clone)]
struct Protocol {
    services: Arc<Services>,
    error_format: ErrorFormat,
    /// Whether anybody may call: load balancers sign nothing.
    is_public: bool,
}

impl Protocol {
    fn layer<S: Clone + Send + Sync + 'static>(self, routes: Router<S>) -> Router<S> {
        routes.method_not_allowed_fallback(wrong_method).layer(from_fn_with_state(self, answer))
    }
}

/// Returns the routes with the layer of their protocol.
pub(in crate::http) fn layered<S: Clone + Send + Sync + 'static>(
    services: &Arc<Services>,
    routes: Router<S>,
    error_format: ErrorFormat,
) -> Router<S> {
    Protocol { services: services.clone(), error_format, is_public: false }.layer(routes)
}

/// Returns routes that anybody may call, with the layer of their protocol.
pub(in crate::http) fn public<S: Clone + Send + Sync + 'static>(
    services: &Arc<Services>,
    routes: Router<S>,
    error_format: ErrorFormat,
) -> Router<S> {
    Protocol { services: services.clone(), error_format, is_public: true }.layer(routes)
}

/// Returns a router that answers unknown paths under a prefix in a protocol's format.
pub(in crate::http) fn unknown_paths<S: Clone + Send + Sync + 'static>(
    services: &Arc<Services>,
    prefix: &str,
    error_format: ErrorFormat,
) -> Router<S> {
    Router::new().nest(prefix, layered(services, Router::new().fallback(unknown_path), error_format))
}

/// Returns routes that score, under admission control.
pub(in crate::http) fn with_admission_control<S: Clone + Send + Sync + 'static>(
    services: &Arc<Services>,
    routes: Router<S>,
) -> Router<S> {
    routes.route_layer(from_fn_with_state(services.clone(), limit))
}

/// Returns that there is nothing at a path.
pub(in crate::http) async fn unknown_path(OriginalUri(uri): OriginalUri) -> Error {
    Error::unknown_path(uri.path())
}

async fn wrong_method(method: Method, OriginalUri(uri): OriginalUri) -> Error {
    Error::wrong_method(&method, uri.path())
}

async fn answer(State(protocol): State<Protocol>, request: Request, next: Next) -> Response {
    let mut response = admit(&protocol, request, next).await.unwrap_or_else(Error::into_response);
    match response.extensions_mut().remove::<Error>() {
        Some(error) => (protocol.error_format)(error),
        None => response,
    }
}

/// Authenticates a request by its headers, before its body is read, so that strangers cannot make the server read; reads the
/// body, and verifies the signature with it.
async fn admit(protocol: &Protocol, request: Request, next: Next) -> Result<Response, Error> {
    let services = &protocol.services;
    let signature = if protocol.is_public { None } else { services.auth.authenticate(request.headers())? };
    let (parts, body) = request.into_parts();
    // The memory is released when the response is there.
    let (bytes, _permit) = body::read(&services.body_memory, services.timeouts.body, &parts.headers, body).await?;
    if let Some(signature) = signature {
        // In a nested router the URI has lost its prefix, which the caller signed.
        let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |OriginalUri(uri)| uri);
        signature.verify(&parts.method, uri, &parts.headers, &bytes)?;
    }
    Ok(next.run(Request::from_parts(parts, Body::from(bytes))).await)
}

async fn limit(State(services): State<Arc<Services>>, request: Request, next: Next) -> Result<Response, Error> {
    services.admission.run(next.run(request)).await
}
