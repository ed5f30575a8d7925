//! Protection against cross-site request forgery: pages of other sites may not post through a visitor's browser.

use axum::extract::Request;
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName, Method};

use crate::http::error::Error;

/// Returns why a request that changes something is refused, if its headers say that a page of another site made it.
/// A program that is no browser sends neither header and passes.
pub(super) fn check(request: &Request) -> Result<(), Error> {
    let harmless = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    match foreign_page(request.headers()) {
        Some(page) if !harmless => Err(Error::cross_site(&page)),
        _ => Ok(()),
    }
}

/// Returns where a request comes from, if it is a page of another site.
fn foreign_page(headers: &HeaderMap) -> Option<String> {
    let text = |name: HeaderName| headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let origin = text(ORIGIN);
    if let Some(site) = text(HeaderName::from_static("sec-fetch-site")) {
        let ours = matches!(site.as_str(), "same-origin" | "none");
        return (!ours).then(|| origin.unwrap_or(site));
    }
    let origin = origin?;
    let host_of_origin = origin.split_once("://").map(|(_, host)| host);
    let ours = host_of_origin.is_some() && host_of_origin == text(HOST).as_deref();
    (!ours).then_some(origin)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[track_caller]
    fn check_headers(headers: &[(&str, &str)], expected: Option<&str>) {
        let headers = headers.iter().map(|(name, value)| {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a header's name");
            (name, HeaderValue::from_str(value).expect("a header's value"))
        });
        assert_eq!(foreign_page(&headers.collect()).as_deref(), expected);
    }

    #[test]
    fn only_own_pages_and_programs_may_post() {
        check_headers(&[("host", "127.0.0.1:8080")], None);
        check_headers(&[("host", "127.0.0.1:8080"), ("origin", "http://127.0.0.1:8080")], None);
        check_headers(
            &[("host", "127.0.0.1:8080"), ("origin", "http://127.0.0.1:9090")],
            Some("http://127.0.0.1:9090"),
        );
        check_headers(&[("host", "127.0.0.1:8080"), ("origin", "null")], Some("null"));
        check_headers(&[("origin", "http://evil.example")], Some("http://evil.example"));
        check_headers(&[("host", "a.example"), ("sec-fetch-site", "same-origin")], None);
        check_headers(&[("host", "a.example"), ("sec-fetch-site", "cross-site")], Some("cross-site"));
        check_headers(&[("sec-fetch-site", "same-site"), ("origin", "http://b.example")], Some("http://b.example"));
    }
}
