//! The outermost layer: it gives a request its id, adds the security headers, and counts, logs and traces how the request
//! was answered. All of it is one layer, for each layer of its own would cost as much as what it
//! does.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use tracing::{Instrument, Span};

use super::auth::CredentialName;
use super::request_id::RequestId;
use super::security_headers;
use super::services::Services;
use crate::telemetry;

/// The route of a request that no route matches.
const NO_ROUTE: &str = "none";

/// Returns all routes with this layer.
pub(in crate::http) fn observed<S: Clone + Send + Sync + 'static>(
    services: &Arc<Services>,
    routes: Router<S>,
) -> Router<S> {
    routes.layer(from_fn_with_state(services.clone(), observe))
}

/// Answers a request, and reports how it was answered.
async fn observe(State(services): State<Arc<Services>>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = RequestId::random();
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let route = matched.as_ref().map_or(NO_ROUTE, MatchedPath::as_str);
    let traced = telemetry::request_span(id.0, request.method(), route, request.headers());
    let span = tracing::info_span!("request", id = %id.0, method = %request.method(), path = request.uri().path());
    request.extensions_mut().insert(id);
    let answer = async {
        let mut response = next.run(request).await;
        security_headers::add(response.headers_mut());
        let (status, took) = (response.status().as_u16(), started.elapsed());
        services.metrics.request(route, status, took);
        telemetry::record_status(&Span::current(), status);
        let key = response.extensions_mut().remove::<CredentialName>();
        let key = key.as_ref().map(CredentialName::as_str);
        tracing::info!(status, took_us = took.as_micros() as u64, key, "answered");
        response
    };
    // The span for a collector is the inner one, so that what is recorded on the current span is recorded on that.
    let mut response = answer.instrument(traced).instrument(span).await;
    id.add_to(response.headers_mut());
    response
}
