//! Timestamps: parsed from text, and in the engine's type (microseconds, UTC).

use std::sync::Arc;

use chrono::{DateTime, Utc};
use datafusion::arrow::array::{ArrayRef, TimestampMicrosecondArray};
use datafusion::arrow::datatypes::{DataType, TimeUnit};
use plumb_tables::{DateOrder, parse_timestamp_cell};

/// Microseconds in a day.
pub(crate) const DAY_MICROS: i64 = 86_400_000_000;

/// How a timestamp is written, for messages.
pub(crate) const EXPECTED: &str =
    "expected year first, as in `2026-03-01T09:30:00+02:00` or `2026-03-01 09:30:00` for UTC";

/// Returns the engine's type of every timestamp.
pub(crate) fn timestamp_type() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some(Arc::from("UTC")))
}

/// Returns the timestamp of a number of microseconds since 1970; out of range, the nearest.
pub(crate) fn from_micros(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap_or(if micros < 0 {
        DateTime::<Utc>::MIN_UTC
    } else {
        DateTime::<Utc>::MAX_UTC
    })
}

/// Returns the array of timestamps of these microseconds since 1970.
pub(crate) fn timestamp_array(micros: impl IntoIterator<Item = Option<i64>>) -> ArrayRef {
    Arc::new(micros.into_iter().collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
}

/// Returns the day since 1970 of a timestamp in microseconds.
pub(crate) fn day_of(micros: i64) -> i64 {
    micros.div_euclid(DAY_MICROS)
}

/// Parses a timestamp into microseconds since 1970; without an offset it is one of UTC. A text such as `03/04/2026`, in
/// which day and month are ambiguous, is not a timestamp.
pub(crate) fn parse(text: &str) -> Option<i64> {
    match DateTime::parse_from_rfc3339(text.trim()) {
        Ok(timestamp) => Some(timestamp.timestamp_micros()),
        Err(_) => parse_timestamp_cell(text, DateOrder::YearMonthDay).map(|time| time.micros),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let parsed = parse(text).map(|micros| from_micros(micros).to_rfc3339());
        assert_eq!(parsed.as_deref(), expected, "{text}");
    }

    #[test]
    fn common_timestamp_formats_are_parsed() {
        check("2026-03-01T09:30:00+02:00", Some("2026-03-01T07:30:00+00:00"));
        check("2026-03-01T09:30:00Z", Some("2026-03-01T09:30:00+00:00"));
        check("2026-03-01 09:30:00.250 -0500", Some("2026-03-01T14:30:00.250+00:00"));
        check("2026-03-01 09:30:00+00", Some("2026-03-01T09:30:00+00:00"));
        check("2026-03-01 09:30:00", Some("2026-03-01T09:30:00+00:00"));
        check(" 2026-03-01 ", Some("2026-03-01T00:00:00+00:00"));
        check("2026-03-01 09:30:00.123456 UTC", Some("2026-03-01T09:30:00.123456+00:00"));
        check("2026/3/1 9:30", Some("2026-03-01T09:30:00+00:00"));
        check("1 March 2026", Some("2026-03-01T00:00:00+00:00"));
    }

    #[test]
    fn ambiguous_or_invalid_timestamps_are_none() {
        check("03/04/2026", None);
        check("yesterday", None);
        check("", None);
        check("2026-02-30", None);
    }
}
