//! What stands before every handler: other sites may not post through a visitor's browser, and answers carry headers
//! that keep a page from loading or being loaded by anything foreign.

use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, ORIGIN, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::error::Error;

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

/// Returns why a request that changes something is refused, if a browser says that a page of another site made it.
/// A program that is no browser sends neither header and passes.
pub(super) fn refuses(request: &Request) -> Option<Error> {
    let harmless = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if harmless { None } else { foreign_page(request.headers()).map(|page| Error::cross_site(&page)) }
}

/// Adds the headers to an answer, and keeps answers about people out of caches.
pub(super) fn add_security_headers(headers: &mut HeaderMap) {
    headers.reserve(HEADERS.len() + 2);
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
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
    use super::*;

    #[track_caller]
    fn check(headers: &[(&str, &str)], expected: Option<&str>) {
        let headers = headers.iter().map(|(name, value)| {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a header's name");
            (name, HeaderValue::from_str(value).expect("a header's value"))
        });
        assert_eq!(foreign_page(&headers.collect()).as_deref(), expected);
    }

    #[test]
    fn only_our_own_pages_and_programs_may_post() {
        check(&[("host", "127.0.0.1:8080")], None);
        check(&[("host", "127.0.0.1:8080"), ("origin", "http://127.0.0.1:8080")], None);
        check(&[("host", "127.0.0.1:8080"), ("origin", "http://127.0.0.1:9090")], Some("http://127.0.0.1:9090"));
        check(&[("host", "127.0.0.1:8080"), ("origin", "null")], Some("null"));
        check(&[("origin", "http://evil.example")], Some("http://evil.example"));
        check(&[("host", "a.example"), ("sec-fetch-site", "same-origin")], None);
        check(&[("host", "a.example"), ("sec-fetch-site", "cross-site")], Some("cross-site"));
        check(&[("sec-fetch-site", "same-site"), ("origin", "http://b.example")], Some("http://b.example"));
    }
}
