//! Errors as pages.

use axum::extract::OriginalUri;
use axum::http::HeaderMap;
use axum::http::header::ACCEPT;
use axum::response::{IntoResponse, Response};
use maud::html;

use super::layout::{TargetChoice, layout};
use super::text::{first_upper, ticked};
use crate::http::error::Error;

/// Writes the error of a response, if it has one, as a page.
pub(super) async fn format(mut response: Response) -> Response {
    match response.extensions_mut().remove::<Error>() {
        Some(error) => error_page(&error),
        None => response,
    }
}

/// Answers unknown paths: with a page for browsers, else with JSON.
pub(super) async fn unknown_path(headers: HeaderMap, OriginalUri(uri): OriginalUri) -> Response {
    let error = Error::unknown_path(uri.path());
    let is_browser =
        headers.get(ACCEPT).is_some_and(|accept| String::from_utf8_lossy(accept.as_bytes()).contains("text/html"));
    if is_browser { error_page(&error) } else { error.into_response() }
}

fn error_page(error: &Error) -> Response {
    let body = html! {
        section.card {
            h1 { (ticked(&first_upper(&error.message))) "." }
            @if let Some(hint) = &error.hint { p { (ticked(&first_upper(hint))) "." } }
            p { a href="/" { "To the list of leads" } }
        }
    };
    (error.status, layout("Not possible", "", &TargetChoice::default(), body)).into_response()
}
