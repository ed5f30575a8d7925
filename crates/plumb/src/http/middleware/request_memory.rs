//! A request's share of the memory budget, from its first byte until its answer is written, and what its body looks like
//! before it is parsed.

use std::sync::Arc;

use axum::body::{Body, Bytes, HttpBody};
use axum::response::Response;
use http_body_util::BodyExt;

use crate::http::error::Error;
use crate::http::limits::RequestLimits;
use crate::memory::{Reservation, Shortage};

/// A body of this size is worked on by a thread of its own, as parsing it alone takes about as long as an async thread may
/// be kept.
const HEAVY_BODY_BYTES: usize = 32 << 10;

/// So is a body that may have so many rows: `{}` has two bytes, and an answer of a kilobyte.
const HEAVY_ROWS: usize = 256;

/// An answer up to this size is not accounted for once it is made: it goes into the system's buffer as it is.
const UNACCOUNTED_ANSWER_BYTES: usize = 8 << 10;

/// The memory of an object or a list and its first value.
const OPENING_BYTES: usize = 700;

/// The memory of each further value, with its share of a node that is half full, or of a list that grows.
const COMMA_BYTES: usize = 112;

/// The memory of half a text beside its letters.
const QUOTE_BYTES: usize = 24;

/// A request's share of the memory budget, and the limits that hold for it. Handlers get it as an extension.
#[derive(Clone, Debug)]
pub(in crate::http) struct RequestMemory {
    /// How much one request may ask for.
    pub(in crate::http) limits: RequestLimits,
    /// What the body looks like.
    pub(in crate::http) shape: BodyShape,
    reservation: Arc<Reservation>,
}

/// Counts of signs in a body: upper bounds of what a parser will find in it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(in crate::http) struct BodyShape {
    pub(in crate::http) bytes: usize,
    /// `{` and `[`: objects and lists.
    pub(in crate::http) openings: usize,
    /// `,`: values beside others.
    pub(in crate::http) commas: usize,
    /// `"`: two a text.
    pub(in crate::http) quotes: usize,
    /// Lines.
    pub(in crate::http) lines: usize,
}

impl BodyShape {
    pub(in crate::http) fn of(body: &[u8]) -> BodyShape {
        let count = |sign: u8| body.iter().filter(|byte| **byte == sign).count();
        BodyShape {
            bytes: body.len(),
            openings: count(b'{') + count(b'['),
            commas: count(b','),
            quotes: count(b'"'),
            lines: count(b'\n') + usize::from(!body.is_empty()),
        }
    }

    /// Returns how much memory the body needs as values of JSON. An object's first entry costs a whole node of a tree, and
    /// a list's first value a list of four; the values are then made into rows or leads one by one, which need about as
    /// much as they give back.
    pub(in crate::http) fn json_bytes(&self) -> usize {
        let values = OPENING_BYTES * self.openings + COMMA_BYTES * self.commas + QUOTE_BYTES * self.quotes + self.bytes;
        values + values / 4
    }

    /// Returns how many rows the body has at most, whatever its format.
    fn rows_max(&self) -> usize {
        self.openings.max(self.lines)
    }
}

impl RequestMemory {
    pub(in crate::http) fn new(body: &[u8], reservation: Arc<Reservation>, limits: RequestLimits) -> RequestMemory {
        RequestMemory { limits, shape: BodyShape::of(body), reservation }
    }

    /// Returns whether the request is worked on by a thread of its own.
    pub(super) fn is_heavy(&self) -> bool {
        self.shape.bytes > HEAVY_BODY_BYTES || self.shape.rows_max() > HEAVY_ROWS
    }

    /// Reserves what the request needs from now on beside its body, instead of what it needed before. `what` names it in an
    /// error, as `200 rows with their reasons`.
    pub(in crate::http) fn need(&self, bytes: usize, what: impl FnOnce() -> String) -> Result<(), Error> {
        let total = self.shape.bytes.saturating_add(bytes);
        self.reservation.resize(total).map_err(|shortage| match shortage {
            Shortage::Never { needed, bytes_max } => Error::too_costly(&what(), needed, bytes_max),
            Shortage::Now => Error::no_room(),
        })
    }

    /// Reserves what the body needs as values of JSON and what is made of these, before it is parsed.
    pub(in crate::http) fn need_for_json(&self) -> Result<(), Error> {
        self.need(self.shape.json_bytes(), || "the body's JSON".to_owned())
    }

    /// Returns the reservation, for work that may outlive the request.
    pub(in crate::http) fn reservation(&self) -> &Arc<Reservation> {
        &self.reservation
    }

    /// Returns a response that keeps its share of the memory until it is written, or thrown away. One that there is no room
    /// for is replaced by an error.
    pub(super) async fn hold(self, response: Response) -> Result<Response, Error> {
        let Some(length) = response.body().size_hint().exact() else { return Ok(response) };
        if length <= UNACCOUNTED_ANSWER_BYTES as u64 {
            return Ok(response);
        }
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.map_err(|error| anyhow::anyhow!("an answer ended early: {error}"))?.to_bytes();
        self.reservation.resize(bytes.len()).map_err(|_| Error::no_room())?;
        let held = Bytes::from_owner(HeldBytes { bytes, _reservation: self.reservation });
        Ok(Response::from_parts(parts, Body::from(held)))
    }

    /// Returns the share of a request that may need whatever it likes.
    #[cfg(test)]
    pub(in crate::http) fn of_test(body: &[u8]) -> RequestMemory {
        let budget = crate::memory::MemoryBudget::new(1 << 30);
        RequestMemory::new(body, Arc::new(budget.begin()), RequestLimits::DEFAULT)
    }
}

/// An answer's bytes. The connection drops them when they are written to the socket.
struct HeldBytes {
    bytes: Bytes,
    _reservation: Arc<Reservation>,
}

impl AsRef<[u8]> for HeldBytes {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::MemoryBudget;

    #[test]
    fn a_body_is_counted_before_it_is_parsed() {
        let shape = BodyShape::of(b"{\"a\":[1,2],\n\"b\":{}}");
        assert_eq!(shape, BodyShape { bytes: 19, openings: 3, commas: 2, quotes: 4, lines: 2 });
        assert_eq!(BodyShape::of(b""), BodyShape::default());
        let heavy = |body: &str| RequestMemory::of_test(body.as_bytes()).is_heavy();
        assert!(
            !heavy("[{},{}]") && heavy(&"{}".repeat(257)) && heavy(&"1\n".repeat(257)) && heavy(&" ".repeat(40_000))
        );
    }

    #[tokio::test]
    async fn an_answer_keeps_its_memory_until_it_is_gone() {
        let budget = MemoryBudget::new(16 << 20);
        let memory = RequestMemory::new(b"{}", Arc::new(budget.begin()), RequestLimits::DEFAULT);
        memory.need(5 << 20, || "a row".to_owned()).expect("there is room");
        let held = memory.hold(Response::new(Body::from(vec![7; 1 << 20]))).await.expect("there is room");
        assert_eq!(budget.state().1, 1 << 20, "no more than the answer itself");
        let bytes = held.into_body().collect().await.expect("bytes").to_bytes();
        assert_eq!((bytes.len(), budget.state().1), (1 << 20, 1 << 20));
        drop(bytes);
        assert_eq!(budget.state().1, 0);
    }
}
