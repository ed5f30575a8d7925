//! A signed request: it is verified or refused, as the server does, at the time of AWS's published examples. The text ends
//! at the first byte of zero, and the body is behind it. Lines of the text are the path, `Authorization`, further headers.
#![no_main]

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use chrono::{DateTime, Utc};
use libfuzzer_sys::fuzz_target;
use plumb::http::Signature;

/// The secret of the key of AWS's published examples.
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// Returns whether the request is verified; `None` if it is no request.
fn verify(text: &str, body: &[u8]) -> Option<bool> {
    let now: DateTime<Utc> = "2015-08-30T12:36:00Z".parse().expect("a time");
    let mut lines = text.lines();
    let uri: Uri = lines.next()?.parse().ok()?;
    let (scheme, rest) = lines.next()?.split_once(' ')?;
    let mut headers = HeaderMap::new();
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        headers.append(name, HeaderValue::from_bytes(value.as_bytes()).ok()?);
    }
    let signature = Signature::parse(scheme, rest, &headers, "service", now);
    Some(signature.is_ok_and(|signature| signature.verify(SECRET, &Method::POST, &uri, &headers, body).is_ok()))
}

fuzz_target!(|bytes: &[u8]| {
    let mut parts = bytes.splitn(2, |byte| *byte == 0);
    let (head, body) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    if let Ok(text) = std::str::from_utf8(head) {
        let _ = verify(text, body);
    }
});
