//! A request from its first line to its answer: its id, answered in a header and logged with all that happens under it,
//! and how long it took.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;
use uuid::Uuid;

use super::App;

/// The header in which AWS SDKs look for it.
const HEADER: HeaderName = HeaderName::from_static("x-amzn-requestid");

/// The id of a request.
#[derive(Clone, Debug)]
pub(super) struct RequestId(pub(super) String);

/// Gives a request its id, and counts and logs how it was answered.
pub(super) async fn follow(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = Uuid::now_v7().to_string();
    let matched = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", id, method = %request.method(), path = request.uri().path());
    request.extensions_mut().insert(RequestId(id.clone()));
    let answer = async {
        let response = next.run(request).await;
        let (status, took) = (response.status().as_u16(), began.elapsed());
        app.metrics.request(&matched, status, took);
        tracing::info!(status, took_us = took.as_micros() as u64, "answered");
        response
    };
    let mut response = answer.instrument(span).await;
    response.headers_mut().extend(HeaderValue::from_str(&id).ok().map(|id| (HEADER, id)));
    response
}
