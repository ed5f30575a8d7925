//! The id of a request: sent in a header of the response, and logged with all that happens during the request.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use uuid::{Builder, Uuid};

/// The header in which AWS SDKs look for it.
const HEADER: HeaderName = HeaderName::from_static("x-amzn-requestid");

/// The id of a request.
#[derive(Clone, Copy, Debug)]
pub(in crate::http) struct RequestId(pub(in crate::http) Uuid);

impl RequestId {
    /// Makes a new id.
    pub(super) fn random() -> RequestId {
        RequestId(Builder::from_random_bytes(rand::random()).into_uuid())
    }

    /// Adds the id to the headers of a response.
    pub(super) fn add_to(self, headers: &mut HeaderMap) {
        let text = HeaderValue::from_str(self.0.hyphenated().encode_lower(&mut Uuid::encode_buffer()));
        headers.extend(text.ok().map(|id| (HEADER, id)));
    }
}
