//! A request from its first line to its answer: its id, answered in a header and logged with all that happens under it,
//! how long it took, and the span that a collector is told of it.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::{Instrument, Span};
use uuid::Uuid;

use super::App;
use crate::traces;

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
    let traced = traces::request(&id, request.method(), &matched, request.headers());
    let span = tracing::info_span!("request", id, method = %request.method(), path = request.uri().path());
    request.extensions_mut().insert(RequestId(id.clone()));
    let answer = async {
        let response = next.run(request).await;
        let (status, took) = (response.status().as_u16(), began.elapsed());
        app.metrics.request(&matched, status, took);
        traces::answered(&Span::current(), status);
        tracing::info!(status, took_us = took.as_micros() as u64, "answered");
        response
    };
    // The span for a collector is the inner one, so that what is noted on the current span is noted on that.
    let mut response = answer.instrument(traced).instrument(span).await;
    response.headers_mut().extend(HeaderValue::from_str(&id).ok().map(|id| (HEADER, id)));
    response
}
