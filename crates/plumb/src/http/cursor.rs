//! Cursors: where the next page of a list begins. Callers get them as `next` and give them back as `after`; what is in them
//! is ours.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};

use super::error::Error;
use crate::store::{RankedPosition, StoredOrder};

/// A cursor is not longer than the longest address that a server has to take.
const LENGTH_MAX: usize = 8_000;

/// A place in a list.
pub(super) trait Cursor: Sized {
    /// Returns the place as bytes.
    fn to_bytes(&self) -> Vec<u8>;

    /// Returns the place of these bytes; `None` if there is none.
    fn of_bytes(bytes: &[u8]) -> Option<Self>;
}

/// A part of a list.
pub(super) struct ListPart<T, P> {
    pub(super) items: Vec<T>,
    /// The place behind which the next part begins.
    pub(super) end: P,
    /// Whether there is a next part.
    pub(super) has_more: bool,
}

impl<T, P> ListPart<T, P> {
    /// Returns the part of so many items, of which one more was read to see whether there are others. `begin` is the place
    /// at which it begins, and `place` returns that of an item.
    pub(super) fn new(mut items: Vec<T>, limit: usize, begin: P, place: impl Fn(&T) -> P) -> ListPart<T, P> {
        let has_more = items.len() > limit;
        items.truncate(limit);
        let end = items.last().map_or(begin, place);
        ListPart { items, end, has_more }
    }
}

/// Writes a cursor.
pub(super) fn write(place: &impl Cursor) -> String {
    URL_SAFE_NO_PAD.encode(place.to_bytes())
}

/// Reads the parameter `after`; without one, or with an empty one, a list begins at its beginning.
pub(super) fn read<C: Cursor>(after: Option<&str>) -> Result<Option<C>, Error> {
    let Some(after) = after.filter(|after| !after.is_empty()) else { return Ok(None) };
    let bytes =
        Some(after).filter(|after| after.len() <= LENGTH_MAX).and_then(|after| URL_SAFE_NO_PAD.decode(after).ok());
    let place = bytes.and_then(|bytes| C::of_bytes(&bytes));
    place.map(Some).ok_or_else(|| Error::field("after", "is no place in this list: expected the `next` of an answer"))
}

impl Cursor for RankedPosition {
    fn to_bytes(&self) -> Vec<u8> {
        [&self.score.to_bits().to_be_bytes(), self.lead_id.as_bytes()].concat()
    }

    fn of_bytes(bytes: &[u8]) -> Option<RankedPosition> {
        let (score, lead_id) = bytes.split_first_chunk()?;
        let score = f64::from_bits(u64::from_be_bytes(*score));
        let lead_id = String::from_utf8(lead_id.to_vec()).ok()?;
        score.is_finite().then_some(RankedPosition { score, lead_id })
    }
}

/// Places in two lists that are read side by side, each in the order in which it was stored.
impl Cursor for (StoredOrder, StoredOrder) {
    fn to_bytes(&self) -> Vec<u8> {
        [self.0.to_be_bytes(), self.1.to_be_bytes()].concat()
    }

    fn of_bytes(bytes: &[u8]) -> Option<(StoredOrder, StoredOrder)> {
        let (first, second) = bytes.split_first_chunk()?;
        Some((StoredOrder::from_be_bytes(*first), StoredOrder::from_be_bytes(second.try_into().ok()?)))
    }
}

/// A place in a list in the order of times, and of names within one.
pub(super) type TimePlace = (DateTime<Utc>, String);

impl Cursor for TimePlace {
    fn to_bytes(&self) -> Vec<u8> {
        let (at, name) = self;
        [&at.timestamp_micros().to_be_bytes()[..], name.as_bytes()].concat()
    }

    fn of_bytes(bytes: &[u8]) -> Option<TimePlace> {
        let (at, name) = bytes.split_first_chunk()?;
        let at = DateTime::from_timestamp_micros(i64::from_be_bytes(*at))?;
        Some((at, String::from_utf8(name.to_vec()).ok()?))
    }
}

/// Places in two lists that are read side by side; each has to have been begun.
impl Cursor for (TimePlace, TimePlace) {
    fn to_bytes(&self) -> Vec<u8> {
        let ((first_at, first), (second_at, second)) = self;
        let mut bytes =
            [first_at.timestamp_micros().to_be_bytes(), second_at.timestamp_micros().to_be_bytes()].concat();
        bytes.extend((first.len() as u32).to_be_bytes());
        bytes.extend_from_slice(first.as_bytes());
        bytes.extend_from_slice(second.as_bytes());
        bytes
    }

    fn of_bytes(bytes: &[u8]) -> Option<(TimePlace, TimePlace)> {
        let (first_at, bytes) = bytes.split_first_chunk()?;
        let (second_at, bytes) = bytes.split_first_chunk()?;
        let (length, bytes) = bytes.split_first_chunk()?;
        let (first, second) = bytes.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        let at = |micros: &[u8; 8]| DateTime::from_timestamp_micros(i64::from_be_bytes(*micros));
        let name = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
        Some(((at(first_at)?, name(first)?), (at(second_at)?, name(second)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_leads_back_to_its_place() {
        let place = RankedPosition { score: 0.1 + 0.2, lead_id: "crm:ö/?".into() };
        assert_eq!(read(Some(&write(&place))).expect("our own"), Some(place));
        let orders: (StoredOrder, StoredOrder) = (i64::MAX, 3);
        assert_eq!(read(Some(&write(&orders))).expect("our own"), Some(orders));
        let at = |seconds: i64, name: &str| (DateTime::from_timestamp(seconds, 0).expect("in range"), name.to_owned());
        assert_eq!(read(Some(&write(&at(5, "a run")))).expect("our own"), Some(at(5, "a run")));
        let times = (at(5, "a model"), at(-7, ""));
        assert_eq!(read(Some(&write(&times))).expect("our own"), Some(times));
    }

    #[test]
    fn anything_else_is_refused() {
        let nan = RankedPosition { score: f64::NAN, lead_id: String::new() };
        for wrong in ["40", "!", &write(&nan), &"A".repeat(9_000), "AAAAAAAAAAD_"] {
            let error = read::<RankedPosition>(Some(wrong)).expect_err("no place");
            assert_eq!(error.field.as_deref(), Some("after"), "{wrong}");
            read::<(TimePlace, TimePlace)>(Some(wrong)).expect_err("no place");
        }
        assert_eq!(read::<RankedPosition>(None).expect("the beginning"), None);
        assert_eq!(read::<RankedPosition>(Some("")).expect("the beginning"), None);
    }
}
