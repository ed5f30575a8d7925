//! A request from its first line to its answer: its id, answered in a header and logged with all that happens under it,
//! how long it took, and the span that a collector is told of it; and what stands before every handler, in one place,
//! for each layer of its own would cost as much as what it does.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::{Instrument, Span};
use uuid::{Builder, Uuid};

use super::error::Error;
use super::{App, SCORING, body, guard};
use crate::traces;

/// The header in which AWS SDKs look for it.
const HEADER: HeaderName = HeaderName::from_static("x-amzn-requestid");

/// The id of a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct RequestId(pub(super) Uuid);

/// Gives a request its id, and counts and logs how it was answered.
pub(super) async fn follow(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = Builder::from_random_bytes(rand::random()).into_uuid();
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let matched = matched.as_ref().map_or("none", MatchedPath::as_str);
    let traced = traces::request(id, request.method(), matched, request.headers());
    let span = tracing::info_span!("request", %id, method = %request.method(), path = request.uri().path());
    request.extensions_mut().insert(RequestId(id));
    let answer = async {
        let mut response = match guard::refuses(&request) {
            Some(error) => error.into_response(),
            None => answer(&app, matched, request, next).await,
        };
        guard::add_security_headers(response.headers_mut());
        let (status, took) = (response.status().as_u16(), began.elapsed());
        app.metrics.request(matched, status, took);
        traces::answered(&Span::current(), status);
        tracing::info!(status, took_us = took.as_micros() as u64, "answered");
        response
    };
    // The span for a collector is the inner one, so that what is noted on the current span is noted on that.
    let mut response = answer.instrument(traced).instrument(span).await;
    let text = HeaderValue::from_str(id.hyphenated().encode_lower(&mut Uuid::encode_buffer()));
    response.headers_mut().extend(text.ok().map(|id| (HEADER, id)));
    response
}

/// Has a request answered, or says in its caller's form why not.
async fn answer(app: &App, matched: &str, request: Request, next: Next) -> Response {
    let uri = request.uri().clone();
    let answer = admitted(app, matched, request, next).await;
    answer.unwrap_or_else(|error| error.into_response_at(uri.path()))
}

/// Lets a request in by its headers, before its body is read, so that strangers cannot make the server read; holds its
/// signature against the body; and lets what is to be scored through when its turn comes.
async fn admitted(app: &App, matched: &str, request: Request, next: Next) -> Result<Response, Error> {
    let claim = app.access.admit(request.uri().path(), request.headers())?;
    let (parts, body) = request.into_parts();
    // The room is given back when the answer is there.
    let (bytes, _room) = body::read(app, &parts.headers, body).await?;
    if let Some(claim) = claim {
        claim.verify(&parts, &bytes)?;
    }
    let answer = next.run(Request::from_parts(parts, Body::from(bytes)));
    if SCORING.contains(&matched) { app.gate.pass(answer).await } else { Ok(answer.await) }
}
