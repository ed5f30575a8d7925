//! Bodies, read whole before anything else: a client that sends slowly or too much delays nobody, and the handlers have the
//! bytes that a signature was computed of.

use std::time::Duration;

use anyhow::Context;
use axum::body::{Body as RawBody, Bytes, HttpBody};
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http_body_util::BodyExt;
use tokio::time::timeout;
use tracing::Instrument;

use super::request_memory::RequestMemory;
use crate::http::error::Error;
use crate::memory::Reservation;
use crate::telemetry;

/// The largest body that is read, in bytes: InvokeEndpoint's own limit.
pub(in crate::http) const BODY_BYTES_MAX: usize = 6 << 20;

/// So much of a body that is too large, or that there is no room for, is read and thrown away, as most clients read the response only when they have sent it
/// all.
const DRAINED_BYTES_MAX: usize = 4 * BODY_BYTES_MAX;

/// A body that is not empty, with the request's headers and memory: for handlers that read JSON.
pub(in crate::http) struct Body {
    pub(in crate::http) headers: HeaderMap,
    pub(in crate::http) bytes: Bytes,
    pub(in crate::http) memory: RequestMemory,
}

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Body, Error> {
        let (mut parts, body) = request.into_parts();
        let headers = std::mem::take(&mut parts.headers);
        let memory =
            parts.extensions.get::<RequestMemory>().cloned().context("a route without its protocol's layer")?;
        let bytes = Bytes::from_request(Request::from_parts(parts, body), state).await?;
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Err(Error::empty_body());
        }
        memory.need_for_json()?;
        Ok(Body { headers, bytes, memory })
    }
}

/// Reads a body whole.
pub(super) async fn read(
    reservation: &Reservation,
    time_max: Duration,
    headers: &HeaderMap,
    body: RawBody,
) -> Result<Bytes, Error> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    if let Some(found) = headers.get(CONTENT_ENCODING).map(|value| String::from_utf8_lossy(value.as_bytes()))
        && !found.eq_ignore_ascii_case("identity")
    {
        return Err(Error::content_encoding(&found));
    }
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    let reading = collect(reservation, body, announced).instrument(telemetry::body_span());
    let bytes = timeout(time_max, reading).await.map_err(|_| Error::too_slow(time_max))??;
    // The buffer is as long as the body by now.
    let _ = reservation.resize(bytes.len());
    Ok(bytes)
}

/// Memory is taken for what was received and not for what was announced: a client that announces much and sends it slowly
/// takes nothing away from others.
async fn collect(reservation: &Reservation, mut body: RawBody, announced: Option<usize>) -> Result<Bytes, Error> {
    if announced.is_some_and(|announced| announced > DRAINED_BYTES_MAX) {
        return Err(Error::too_large(BODY_BYTES_MAX));
    }
    let mut bytes = Vec::new();
    let mut total = 0;
    let mut refused = None;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Error::request(format!("the body cannot be read: {error}")))?;
        let Ok(data) = frame.into_data() else { continue };
        total += data.len();
        if total > DRAINED_BYTES_MAX {
            break;
        }
        // A buffer that grows is up to twice as long as what is in it.
        let needed = if announced == Some(total) { total } else { 2 * total };
        if total > BODY_BYTES_MAX {
            refused = Some(Error::too_large(BODY_BYTES_MAX));
        } else if refused.is_none() && reservation.resize(needed).is_err() {
            refused = Some(Error::no_room());
        }
        if refused.is_some() {
            // What was received is thrown away too: nothing of it will be read.
            bytes = Vec::new();
            let _ = reservation.resize(0);
            continue;
        }
        if announced == Some(data.len()) {
            // Most bodies come in one piece.
            return Ok(data);
        }
        bytes.extend_from_slice(&data);
    }
    refused.map_or_else(|| Ok(bytes.into()), Err)
}
