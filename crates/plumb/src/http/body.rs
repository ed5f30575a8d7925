//! Bodies, read whole before anything else looks at them: a client that sends slowly, too much, or packed holds nobody
//! up, and what stands behind has the bytes that a signature speaks of.

use axum::body::{Body, Bytes, HttpBody};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http_body_util::BodyExt;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;
use tracing::Instrument;

use super::error::Error;
use super::{App, BODY_BYTES_MAX};
use crate::traces;

/// So much of a body that is too large is read and thrown away, for most clients only listen when they have sent it all.
const DRAINED_BYTES_MAX: usize = 4 * BODY_BYTES_MAX;

/// All bodies under way together may have so many bytes.
const ROOM_BYTES: usize = 256 << 20;

/// The room for bodies, in KiB: a semaphore counts no further than 32 bits.
pub(super) fn room() -> Semaphore {
    Semaphore::new(ROOM_BYTES >> 10)
}

/// A body, and its share of the room for bodies, which it has until that is dropped.
type Collected<'a> = (Bytes, Option<SemaphorePermit<'a>>);

/// Reads a body whole.
pub(super) async fn read<'a>(app: &'a App, headers: &HeaderMap, body: Body) -> Result<Collected<'a>, Error> {
    if body.is_end_stream() {
        return Ok((Bytes::new(), None));
    }
    if let Some(found) = headers.get(CONTENT_ENCODING).map(|value| String::from_utf8_lossy(value.as_bytes()))
        && !found.eq_ignore_ascii_case("identity")
    {
        return Err(Error::content_encoding(&found));
    }
    let said = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    let time_max = app.patience.body;
    let reading = collect(app, body, said).instrument(traces::reading());
    timeout(time_max, reading).await.map_err(|_| Error::too_slow(time_max))?
}

/// Room is taken for what has come and not for what was announced: a client that announces much and sends it slowly
/// takes nothing away from others.
async fn collect(app: &App, mut body: Body, said: Option<usize>) -> Result<Collected<'_>, Error> {
    if said.is_some_and(|said| said > DRAINED_BYTES_MAX) {
        return Err(Error::too_large());
    }
    let mut bytes = Vec::new();
    let mut total = 0;
    let mut room = take_room(app, 1)?;
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
        let missing = (total >> 10).saturating_sub(room.num_permits());
        if missing > 0 {
            room.merge(take_room(app, missing)?);
        }
        if said == Some(data.len()) {
            // Most bodies come in one piece.
            return Ok((data, Some(room)));
        }
        bytes.extend_from_slice(&data);
    }
    if total > BODY_BYTES_MAX { Err(Error::too_large()) } else { Ok((bytes.into(), Some(room))) }
}

fn take_room(app: &App, kilobytes: usize) -> Result<SemaphorePermit<'_>, Error> {
    let kilobytes = u32::try_from(kilobytes).unwrap_or(u32::MAX);
    app.room.try_acquire_many(kilobytes).map_err(|_| Error::busy("too many bodies are under way"))
}
