//! JSON bodies, read into typed structs.
//!
//! A body is parsed into a JSON value first, so that of a repeated name the last one counts, as in most parsers.

use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::Error;
use crate::json_fields;

/// The media type of JSON.
pub(super) const JSON: &str = "application/json";

/// Reads a body of JSON, whose content type has to say so.
pub(super) fn read_body<T: DeserializeOwned>(headers: &HeaderMap, body: &[u8]) -> Result<T, Error> {
    check_content_type(headers)?;
    read(parse(body)?, "")
}

/// Refuses a body that is not announced as JSON.
pub(super) fn check_content_type(headers: &HeaderMap) -> Result<(), Error> {
    match media_type(headers).as_deref() {
        Some(JSON) => Ok(()),
        other => Err(Error::content_type(other, "a JSON object (application/json)")),
    }
}

/// Returns the content type without its parameters, in lower case.
pub(super) fn media_type(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    Some(text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

/// Parses a body of JSON.
pub(super) fn parse(body: &[u8]) -> Result<Value, Error> {
    serde_json::from_slice(body).map_err(|error| Error::request(format!("the body is not JSON: {error}")))
}

/// Reads a value that stands at `place` in a body; the body itself has no place.
pub(super) fn read<T: DeserializeOwned>(value: Value, place: &str) -> Result<T, Error> {
    json_fields::read(value, place).map_err(|error| match error.path.as_str() {
        "" => Error::request(format!("the body {}", error.problem)),
        path => Error::field(path, &error.problem),
    })
}
