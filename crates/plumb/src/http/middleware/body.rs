//! Bodies, read whole before anything else: a client that sends slowly or too much delays nobody, and the handlers have the
//! bytes that a signature was computed of.

use std::time::Duration;

use axum::body::{Body as RawBody, Bytes, HttpBody};
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http_body_util::BodyExt;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;
use tracing::Instrument;

use crate::http::error::Error;
use crate::telemetry;

/// The largest body that is read, in bytes: InvokeEndpoint's own limit.
pub(in crate::http) const BODY_BYTES_MAX: usize = 6 << 20;

/// So much of a body that is too large is read and thrown away, as most clients read the response only when they have sent it
/// all.
const DRAINED_BYTES_MAX: usize = 4 * BODY_BYTES_MAX;

/// The memory of all bodies that are being read or handled, in bytes.
const MEMORY_BYTES: usize = 256 << 20;

/// The memory for bodies, in KiB: a semaphore counts no further than 32 bits.
pub(in crate::http) struct BodyMemory(Semaphore);

impl BodyMemory {
    pub(in crate::http) fn new() -> BodyMemory {
        BodyMemory(Semaphore::new(MEMORY_BYTES >> 10))
    }

    fn take(&self, kilobytes: usize) -> Result<SemaphorePermit<'_>, Error> {
        let kilobytes = u32::try_from(kilobytes).unwrap_or(u32::MAX);
        self.0.try_acquire_many(kilobytes).map_err(|_| Error::busy("too many bodies are being sent"))
    }
}

/// A body that is not empty, with the request's headers: for handlers.
pub(in crate::http) struct Body {
    pub(in crate::http) headers: HeaderMap,
    pub(in crate::http) bytes: Bytes,
}

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Body, Error> {
        let (mut parts, body) = request.into_parts();
        let headers = std::mem::take(&mut parts.headers);
        let bytes = Bytes::from_request(Request::from_parts(parts, body), state).await?;
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Err(Error::empty_body());
        }
        Ok(Body { headers, bytes })
    }
}

/// A body, and its share of the memory for bodies, held until that is dropped.
pub(super) type Collected<'a> = (Bytes, Option<SemaphorePermit<'a>>);

/// Reads a body whole.
pub(super) async fn read<'a>(
    memory: &'a BodyMemory,
    time_max: Duration,
    headers: &HeaderMap,
    body: RawBody,
) -> Result<Collected<'a>, Error> {
    if body.is_end_stream() {
        return Ok((Bytes::new(), None));
    }
    if let Some(found) = headers.get(CONTENT_ENCODING).map(|value| String::from_utf8_lossy(value.as_bytes()))
        && !found.eq_ignore_ascii_case("identity")
    {
        return Err(Error::content_encoding(&found));
    }
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    let reading = collect(memory, body, announced).instrument(telemetry::body_span());
    timeout(time_max, reading).await.map_err(|_| Error::too_slow(time_max))?
}

/// Memory is taken for what was received and not for what was announced: a client that announces much and sends it slowly
/// takes nothing away from others.
async fn collect(memory: &BodyMemory, mut body: RawBody, announced: Option<usize>) -> Result<Collected<'_>, Error> {
    if announced.is_some_and(|announced| announced > DRAINED_BYTES_MAX) {
        return Err(Error::too_large(BODY_BYTES_MAX));
    }
    let mut bytes = Vec::new();
    let mut total = 0;
    let mut permit = memory.take(1)?;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Error::request(format!("the body cannot be read: {error}")))?;
        let Ok(data) = frame.into_data() else { continue };
        total += data.len();
        if total > DRAINED_BYTES_MAX {
            break;
        }
        if total > BODY_BYTES_MAX {
            continue;
        }
        let missing = (total >> 10).saturating_sub(permit.num_permits());
        if missing > 0 {
            permit.merge(memory.take(missing)?);
        }
        if announced == Some(data.len()) {
            // Most bodies come in one piece.
            return Ok((data, Some(permit)));
        }
        bytes.extend_from_slice(&data);
    }
    if total > BODY_BYTES_MAX { Err(Error::too_large(BODY_BYTES_MAX)) } else { Ok((bytes.into(), Some(permit))) }
}
