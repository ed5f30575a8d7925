//! Moments as people and systems write them, and as the engine stores them: microseconds, UTC.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use datafusion::arrow::datatypes::{DataType, TimeUnit};

/// With an offset: exactly one moment.
const WITH_OFFSET: [&str; 4] =
    ["%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f %#z", "%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M%#z"];

/// Without one: taken as UTC.
const WITHOUT_OFFSET: [&str; 4] =
    ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S%.f UTC"];

/// What a moment must look like, for messages.
pub(crate) const EXPECTED: &str =
    "expected year first, as in `2026-03-01T09:30:00+02:00` or `2026-03-01 09:30:00` for UTC";

/// The engine's type of every moment.
pub(crate) fn timestamp_type() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some(Arc::from("UTC")))
}

/// Returns the moment of a number of microseconds since 1970; out of range becomes the nearest.
pub(crate) fn from_micros(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap_or(if micros < 0 {
        DateTime::<Utc>::MIN_UTC
    } else {
        DateTime::<Utc>::MAX_UTC
    })
}

/// Returns the microseconds since 1970 of a written moment. Days before months, or the other way round, are not
/// guessed at: such a text is no moment.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Some(moment.timestamp_micros());
    }
    for format in WITH_OFFSET {
        if let Ok(moment) = DateTime::parse_from_str(text, format) {
            return Some(moment.timestamp_micros());
        }
    }
    for format in WITHOUT_OFFSET {
        if let Ok(moment) = NaiveDateTime::parse_from_str(text, format) {
            return Some(moment.and_utc().timestamp_micros());
        }
    }
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    Some(day.and_hms_opt(0, 0, 0)?.and_utc().timestamp_micros())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let moment = parse(text).map(|micros| from_micros(micros).to_rfc3339());
        assert_eq!(moment.as_deref(), expected, "{text}");
    }

    #[test]
    fn the_usual_ways_of_writing_a_moment_are_read() {
        check("2026-03-01T09:30:00+02:00", Some("2026-03-01T07:30:00+00:00"));
        check("2026-03-01T09:30:00Z", Some("2026-03-01T09:30:00+00:00"));
        check("2026-03-01 09:30:00.250 -0500", Some("2026-03-01T14:30:00.250+00:00"));
        check("2026-03-01 09:30:00+00", Some("2026-03-01T09:30:00+00:00"));
        check("2026-03-01 09:30:00", Some("2026-03-01T09:30:00+00:00"));
        check(" 2026-03-01 ", Some("2026-03-01T00:00:00+00:00"));
    }

    #[test]
    fn what_could_be_two_moments_is_none() {
        check("03/04/2026", None);
        check("yesterday", None);
        check("", None);
        check("2026-02-30", None);
    }
}
