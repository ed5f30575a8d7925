//! Who is let in, through the whole server. Right signatures are the real SDKs' business, in `tests/it/sdks`.

use super::*;

const PATH: &str = "/endpoints/converted/invocations";

fn guarded() -> Server {
    let access = Access::of(Some("AKID:secret"), None, Some("a token"), false).expect("a key and a token");
    let server = Server::configured(Config {
        targets: vec!["converted".into()],
        now: None,
        access,
        load: LOAD,
        patience: PATIENCE,
        capture: false,
        style: Style::default(),
    });
    server.promote(&columns_model());
    server
}

#[test]
fn strangers_are_told_how_to_sign_in() {
    let server = guarded();
    for path in ["/", "/models", "/v1/leads", "/v1/health", "/nowhere"] {
        let answer = server.get(path);
        answer.refuses(401, "unauthorized", "Bearer");
        assert!(answer.headers["www-authenticate"].starts_with("Basic realm"), "{path}");
    }
    assert_eq!(server.get("/ping").status, 200);
    let bearer = [("content-type", JSON), ("authorization", "Bearer a token")];
    let body = json!({ "target": "converted", "features": { "age": 30 } }).to_string();
    assert_eq!(server.post("/v1/score", &bearer, &body).status, 200);
    // Nothing of a stranger's body is read, however large he says it is.
    server.post_json("/v1/score", &json!({})).refuses(401, "unauthorized", "who you are");
}

#[test]
fn an_unsigned_call_is_refused_as_the_sdks_read_it() {
    let server = guarded();
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
