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
use crate::http::app::App;
use crate::http::error::Error;

/// How a protocol writes an error.
pub(in crate::http) type ErrorFormat = fn(Error) -> Response;

/// A protocol's layer.
#[derive(Clone)]
struct Protocol {
    app: Arc<App>,
    error_format: ErrorFormat,
    /// Whether anybody may call: load balancers sign nothing.
    is_public: bool,
}

/// Returns the routes with the layer of their protocol.
pub(in crate::http) fn layered(
    app: &Arc<App>,
    routes: Router<Arc<App>>,
    error_format: ErrorFormat,
) -> Router<Arc<App>> {
    let protocol = Protocol { app: app.clone(), error_format, is_public: false };
    routes.method_not_allowed_fallback(wrong_method).layer(from_fn_with_state(protocol, answer))
}

/// Returns routes that anybody may call, with the layer of their protocol.
pub(in crate::http) fn public(app: &Arc<App>, routes: Router<Arc<App>>, error_format: ErrorFormat) -> Router<Arc<App>> {
    let protocol = Protocol { app: app.clone(), error_format, is_public: true };
    routes.method_not_allowed_fallback(wrong_method).layer(from_fn_with_state(protocol, answer))
}

/// Returns a router that answers unknown paths under a prefix in a protocol's format.
pub(in crate::http) fn unknown_paths(app: &Arc<App>, prefix: &str, error_format: ErrorFormat) -> Router<Arc<App>> {
    Router::new().nest(prefix, layered(app, Router::new().fallback(unknown_path), error_format))
}

/// Returns routes that score, under admission control.
pub(in crate::http) fn with_admission_control(app: &Arc<App>, routes: Router<Arc<App>>) -> Router<Arc<App>> {
    routes.route_layer(from_fn_with_state(app.clone(), limit))
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
    let app = &protocol.app;
    let signature = if protocol.is_public { None } else { app.auth.authenticate(request.headers())? };
    let (parts, body) = request.into_parts();
    // The memory is released when the response is there.
    let (bytes, _permit) = body::read(&app.body_memory, app.timeouts.body, &parts.headers, body).await?;
    if let Some(signature) = signature {
        // In a nested router the URI has lost its prefix, which the caller signed.
        let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |OriginalUri(uri)| uri);
        signature.verify(&parts.method, uri, &parts.headers, &bytes)?;
    }
    Ok(next.run(Request::from_parts(parts, Body::from(bytes))).await)
}

async fn limit(State(app): State<Arc<App>>, request: Request, next: Next) -> Result<Response, Error> {
    app.admission.run(next.run(request)).await
}
