//! Headers of every response that keep a page from loading foreign content or being loaded by it.

use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// Pages have a stylesheet and forms of their own, and nothing else: no script, no image, no frame.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// `same-origin` and not `no-referrer`: with the latter a browser sends `Origin: null` with our own forms.
const HEADERS: [(HeaderName, &str); 4] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "same-origin"),
];

/// Adds the headers to a response, and keeps responses about people out of caches. A policy that a response has already
/// stays: a page that is a file of its own brings the one that it needs.
pub(super) fn add(headers: &mut HeaderMap) {
    headers.reserve(HEADERS.len() + 2);
    for (name, value) in HEADERS {
        match name {
            CONTENT_SECURITY_POLICY => {
                headers.entry(name).or_insert(HeaderValue::from_static(value));
            }
            name => {
                headers.insert(name, HeaderValue::from_static(value));
            }
        }
    }
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}
