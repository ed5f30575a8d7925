//! The bodies of a call, as they went over the wire.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// One call, as it was sent and answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Capture {
    /// The endpoint's name.
    pub(crate) endpoint: String,
    /// Its own id.
    pub(crate) event_id: String,
    /// The caller's name for it.
    pub(crate) inference_id: Option<String>,
    /// When it was answered.
    pub(crate) at: DateTime<Utc>,
    /// What was sent.
    pub(crate) input: Payload,
    /// What was answered.
    pub(crate) output: Payload,
}

/// A body with its content type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Payload {
    /// As the header had it.
    pub(crate) content_type: String,
    /// The body: as it is, if it is CSV or JSON; all else is in base64, as in SageMaker's own captures.
    pub(crate) data: String,
}

impl Payload {
    /// Returns a body as it is captured.
    pub(crate) fn new(content_type: &str, body: &[u8]) -> Payload {
        let data = match encoding(content_type) {
            "BASE64" => STANDARD.encode(body),
            _ => String::from_utf8_lossy(body).into_owned(),
        };
        Payload { content_type: content_type.to_owned(), data }
    }
}

/// Returns how a body of a content type is encoded, by SageMaker's name for it.
pub(super) fn encoding(content_type: &str) -> &'static str {
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match kind.as_str() {
        "text/csv" => "CSV",
        kind if kind.contains("json") => "JSON",
        _ => "BASE64",
    }
}
