//! Who asks.

use axum::http::{HeaderName, HeaderValue, Request};
use chrono::{DateTime, Utc};
use error::Error;
use keys::Keys;
use signature::Claim;

use super::error;

#[allow(dead_code, reason = "the server asks more of it")]
#[path = "../../../crates/plumb/src/http/access/keys.rs"]
mod keys;
#[path = "../../../crates/plumb/src/http/access/signature.rs"]
mod signature;

/// Verifies a request as the server does, at the moment of AWS's published examples. Lines of the text are its path, its
/// `Authorization`, and further headers; the rest is the body.
pub fn verify(text: &str, body: &[u8]) -> Option<Result<(), Error>> {
    let keys = Keys::read(Some("AKIDEXAMPLE:wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), None).expect("one key");
    let now: DateTime<Utc> = "2015-08-30T12:36:00Z".parse().expect("a moment");
    let mut lines = text.lines();
    let request = Request::builder().method("POST").uri(lines.next()?);
    let authorization = lines.next()?;
    let (mut parts, ()) = request.body(()).ok()?.into_parts();
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        parts.headers.append(name, HeaderValue::from_bytes(value.as_bytes()).ok()?);
    }
    let (scheme, rest) = authorization.split_once(' ')?;
    let claim = Claim::read(scheme, rest, &parts.headers, "service", &keys, now);
    Some(claim.and_then(|claim| claim.verify(&parts, body)))
}
