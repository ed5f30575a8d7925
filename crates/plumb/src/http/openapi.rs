//! `GET /v1/openapi.json`: what `/v1` reads and answers, for programs that make clients, forms and tests of it.
//!
//! The document is written by hand, in OpenAPI 3.0, which more of those programs read than 3.1. It says no more than
//! callers may rely on, and `tests/openapi.rs` holds it against the routes and what the server really answers.

use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

/// The document.
pub(super) const DOCUMENT: &str = include_str!("openapi.json");

pub(super) async fn get() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], DOCUMENT)
}
