//! The sources that the last ingestion could not read, as answers say them: what is known of these is older than it seems.

use axum::http::{HeaderName, HeaderValue};
use chrono::{DateTime, Utc};
use plumb_lake::FailedSource;
use serde::Serialize;
use utoipa::ToSchema;

/// The header of answers whose form is another program's: the sources' names, with commas between them.
const STALE_SOURCES: HeaderName = HeaderName::from_static("x-plumb-stale-sources");

/// The longest explanation in an answer: all of it is in `plumb status`.
const WHY_CHARS_MAX: usize = 300;

/// The most sources whose names are in a header.
const NAMES_MAX: usize = 50;

/// A source of which nothing new is known.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StaleSource)]
pub(super) struct StaleSourceResponse {
    /// Its name in plumb.toml.
    source: String,
    /// When the first ingestion began that could not read it: its rows are from before.
    since: DateTime<Utc>,
    /// Why the last ingestion could not read it, and what to do.
    why: String,
}

/// Returns the sources as an answer lists them.
pub(super) fn responses(stale: &[FailedSource]) -> Vec<StaleSourceResponse> {
    let response = |failed: &FailedSource| StaleSourceResponse {
        source: failed.source.clone(),
        since: failed.since,
        why: shortened(&failed.problem),
    };
    stale.iter().map(response).collect()
}

/// Returns why a source cannot be read, at the length of an answer.
pub(super) fn shortened(problem: &str) -> String {
    match problem.char_indices().nth(WHY_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &problem[..end]),
        None => problem.to_owned(),
    }
}

/// Returns the header that names the sources; `None` if there are none.
pub(super) fn header(stale: &[FailedSource]) -> Option<(HeaderName, HeaderValue)> {
    let names: Vec<String> = stale.iter().take(NAMES_MAX).map(|failed| printable(&failed.source)).collect();
    let value = HeaderValue::from_str(&names.join(",")).ok()?;
    (!names.is_empty()).then_some((STALE_SOURCES, value))
}

/// Returns a name with `_` for each character that would not be one in a list within a header.
fn printable(name: &str) -> String {
    name.chars().map(|letter| if letter.is_ascii_graphic() && letter != ',' { letter } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(source: &str, problem: &str) -> FailedSource {
        FailedSource { source: source.to_owned(), since: DateTime::UNIX_EPOCH, problem: problem.to_owned() }
    }

    #[test]
    fn a_header_has_the_names_and_nothing_that_breaks_it() {
        assert!(header(&[]).is_none());
        let stale = [failed("crm", "away"), failed("büro,\r\nx", "away")];
        let (_, value) = header(&stale).expect("there are some");
        assert_eq!(value, "crm,b_ro___x");
    }

    #[test]
    fn a_long_explanation_is_cut_at_a_character() {
        let [response] = &responses(&[failed("crm", &"ä".repeat(400))])[..] else { panic!("there is one") };
        assert_eq!(response.why.chars().count(), WHY_CHARS_MAX + 1);
        assert!(response.why.ends_with('…'));
    }
}
