//! Authentication, through the whole server. Valid signatures are made by the real SDKs, in `tests/it/sdks`.

use serde_json::json;

use super::support::{JSON, Server, config};
use crate::http::{Auth, Config};
use crate::scoring::tests::columns_model;

const PATH: &str = "/endpoints/converted/invocations";

fn closed() -> Server {
    let auth = Auth::new(Some("AKID:secret"), None, Some("a token"), false).expect("a key and a token");
    let server = Server::configured(Config { targets: vec!["converted".into()], auth, ..config() });
    server.promote(&columns_model());
    server
}

#[test]
fn requests_without_credentials_are_refused_with_how_to_sign_in() {
    let server = closed();
    for path in ["/", "/models", "/v1/leads", "/v1/health", "/nowhere"] {
        let answer = server.get(path);
        answer.refuses(401, "unauthorized", "Bearer");
        assert!(answer.headers["www-authenticate"].starts_with("Basic realm"), "{path}");
    }
    for path in ["/ping", "/v2/health/live", "/v2/health/ready", "/style.css"] {
        assert_eq!(
            server.get(path).status,
            200,
            "load balancers sign nothing, and the page to sign in has a style: {path}"
        );
    }
    let bearer = [("content-type", JSON), ("authorization", "Bearer a token")];
    let body = json!({ "target": "converted", "features": { "age": 30 } }).to_string();
    assert_eq!(server.post("/v1/score", &bearer, &body).status, 200);
    // Nothing of an unauthenticated body is read, however large it is announced.
    server.post_json("/v1/score", &json!({})).refuses(401, "unauthorized", "who you are");
}

#[test]
fn an_unsigned_call_is_refused_in_the_format_of_the_sdks() {
    let server = closed();
    let csv = ("content-type", "text/csv");
    let answer = server.post(PATH, &[csv], "30,email");
    answer.refuses(403, "unauthorized", "Signature Version 4");
    assert_eq!(answer.headers["x-amzn-errortype"], "MissingAuthenticationTokenException");
    let signed = (
        "authorization",
        "AWS4-HMAC-SHA256 Credential=AKID/20200101/us-east-1/sagemaker/aws4_request, \
         SignedHeaders=host;x-amz-date, Signature=00",
    );
    let answer = server.post(PATH, &[csv, signed, ("x-amz-date", "20200101T000000Z")], "30,email");
    answer.refuses(403, "signature", "signature expired");
    assert_eq!(answer.headers["x-amzn-errortype"], "InvalidSignatureException");
    assert_eq!(server.post(PATH, &[csv, ("authorization", "Bearer a token")], "30,email").status, 200);
}
