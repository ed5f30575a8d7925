//! Bodies, read whole before anything else looks at them: a client that sends slowly, too much, or packed holds nobody
//! up, and what stands behind has the bytes that a signature speaks of.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use axum::middleware::Next;
use axum::response::Response;
use http_body_util::BodyExt;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tracing::Instrument;

use super::error::Error;
use super::{App, BODY_BYTES_MAX};
use crate::traces;

/// A whole body has to come within this time.
const TIME_MAX: Duration = Duration::from_secs(30);

/// So much of a body that is too large is read and thrown away, for most clients only listen when they have sent it all.
const DRAINED_BYTES_MAX: usize = 4 * BODY_BYTES_MAX;

/// All bodies under way together may have so many bytes.
const ROOM_BYTES: usize = 256 << 20;

/// The room for bodies, in KiB: a semaphore counts no further than 32 bits.
pub(super) fn room() -> Semaphore {
    Semaphore::new(ROOM_BYTES >> 10)
}

/// Reads the body and puts it in the place of its stream.
pub(super) async fn read_whole(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    if body.is_end_stream() {
        return next.run(Request::from_parts(parts, body)).await;
    }
    let said = parts.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    let expected = said.unwrap_or(BODY_BYTES_MAX).min(BODY_BYTES_MAX);
    let reading = async {
        let packed = parts.headers.get(CONTENT_ENCODING).map(|value| String::from_utf8_lossy(value.as_bytes()));
        if let Some(found) = packed.filter(|found| !found.eq_ignore_ascii_case("identity")) {
            return Err(Error::content_encoding(&found));
        }
        let room = u32::try_from((expected >> 10) + 1).unwrap_or(u32::MAX);
        let room = app.room.try_acquire_many(room).map_err(|_| Error::busy("too many bodies are under way"))?;
        let bytes = timeout(TIME_MAX, collect(body, said)).await.map_err(|_| Error::too_slow())??;
        Ok((bytes, room))
    };
    match reading.instrument(traces::reading()).await {
        Ok((bytes, _room)) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Err(error) => error.into_response_at(parts.uri.path()),
    }
}

async fn collect(mut body: Body, said: Option<usize>) -> Result<Bytes, Error> {
    if said.is_some_and(|said| said > DRAINED_BYTES_MAX) {
        return Err(Error::too_large());
    }
    let mut bytes = Vec::with_capacity(said.unwrap_or(0).min(BODY_BYTES_MAX));
    let mut total = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Error::request(format!("the body cannot be read: {error}")))?;
        let Ok(data) = frame.into_data() else { continue };
        total += data.len();
        if total > DRAINED_BYTES_MAX {
            break;
        }
        if total <= BODY_BYTES_MAX {
            bytes.extend_from_slice(&data);
        }
    }
    if total > BODY_BYTES_MAX { Err(Error::too_large()) } else { Ok(bytes.into()) }
}
