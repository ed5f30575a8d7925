//! What a server answered.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;

use crate::error::Error;

/// How many characters of somebody else's message one of ours repeats.
const MESSAGE_CHARS_MAX: usize = 400;

/// An answer whose body was read whole.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The headers by their names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Returns when the server says that it answered: its clock counts for what it dates, not ours.
    pub(crate) fn date(&self) -> Option<DateTime<Utc>> {
        http_date(self.headers.get("date")?)
    }

    /// Returns how long the server asks us to wait.
    pub(crate) fn retry_after(&self, now: DateTime<Utc>) -> Option<Duration> {
        let text = self.headers.get("retry-after")?.trim();
        if let Ok(seconds) = text.parse::<u32>() {
            return Some(Duration::from_secs(seconds.into()));
        }
        (http_date(text)? - self.date().unwrap_or(now)).to_std().ok()
    }

    /// Reads the body. `what` names the request in the error.
    pub(crate) fn json<T: DeserializeOwned>(&self, what: &str) -> Result<T, Error> {
        serde_json::from_str(&self.body).map_err(|error| {
            let what = format!("the answer to {what} is not what its documentation says: {error}");
            Error::transient(what, "try again; if it stays, a proxy may answer in its place, or the API has changed")
        })
    }
}

fn http_date(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc2822(text.trim()).ok().map(|date| date.with_timezone(&Utc))
}

/// Returns the moment that a text names: ISO 8601 with or without a colon in its zone, or milliseconds since 1970.
pub(crate) fn named_time(text: &str) -> Option<DateTime<Utc>> {
    let parsed =
        DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"));
    match parsed {
        Ok(time) => Some(time.with_timezone(&Utc)),
        Err(_) => DateTime::from_timestamp_millis(text.parse().ok()?),
    }
}

/// Returns the beginning of somebody else's message, on one line.
pub(crate) fn excerpt(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MESSAGE_CHARS_MAX).collect();
    if text.chars().count() > MESSAGE_CHARS_MAX { format!("{line}…") } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_crms_write_them() {
        let expected = Some(1_579_514_202_984);
        for text in ["2020-01-20T09:56:42.984Z", "2020-01-20T09:56:42.984+0000", "1579514202984"] {
            assert_eq!(named_time(text).map(|time| time.timestamp_millis()), expected, "{text}");
        }
        assert_eq!(named_time("yesterday"), None);
    }

    #[test]
    fn a_pause_is_asked_for_in_seconds_or_until_a_date() {
        let mut answer = Answer { status: 429, headers: BTreeMap::new(), body: String::new() };
        let now = DateTime::UNIX_EPOCH;
        assert_eq!(answer.retry_after(now), None);
        for (text, seconds) in [("7", Some(7)), ("Thu, 01 Jan 1970 00:01:00 GMT", Some(60)), ("soon", None)] {
            answer.headers.insert("retry-after".into(), text.into());
            assert_eq!(answer.retry_after(now), seconds.map(Duration::from_secs), "{text}");
        }
    }
}
