//! Generated bodies, against every path that reads one: none of them may fail on the server's side, and the server has to be
//! as healthy afterwards as before.

use proptest::prelude::*;
use proptest::test_runner::{Config as Cases, TestRunner};

use serde_json::Value;

use super::support::{JSON, Server};
use crate::scoring::tests::columns_model;

/// Right bodies of all forms, as a start for wrong ones.
const RIGHT: [&str; 11] = [
    "30,referral\n,\n",
    "age;channel\n30;email",
    r#"{"instances":[{"features":{"age":30,"channel":"email"}},[30,"email"]]}"#,
    r#"{"data":{"features":{"values":[30,"email"]}}}"#,
    "[30,\"email\"]\n{\"age\":30}\n",
    r#"{"dataframe_split":{"columns":["age"],"data":[[30]]},"params":{}}"#,
    r#"{"inputs":{"age":[30],"channel":["email"]}}"#,
    r#"{"inputs":[{"name":"age","shape":[1,1],"datatype":"FP64","data":[[30]]}],"parameters":{"explain":true}}"#,
    r#"{"target":"converted","lead":{"created_at":"2026-01-01T00:00:00Z"},"events":[{"kind":"reply","at":"x"}]}"#,
    "1 0:30 1:1\n2:1",
    r#"{"prediction_id":"p","complaint":"too_low","note":"n"}"#,
];

const PATHS: [&str; 5] =
    ["/endpoints/converted/invocations", "/invocations", "/v1/score", "/v1/feedback", "/v2/models/converted/infer"];

const TYPES: [&str; 6] = [
    "text/csv",
    "text/csv; header=present",
    JSON,
    "application/jsonlines",
    "text/libsvm",
    "application/x-recordio-protobuf",
];

/// A right body with a piece of it replaced, or anything at all; some are no text.
fn bodies() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(String::new()),
        Just("1e999".to_owned()),
        Just("NaN".to_owned()),
        Just("-0".to_owned()),
        Just("[[[[[".to_owned()),
        Just("\u{0}".to_owned()),
        Just("null".to_owned()),
        Just("\"".to_owned()),
        ".{0,8}",
    ];
    let changed = (prop::sample::select(&RIGHT[..]), any::<prop::sample::Index>(), 0..6_usize, piece).prop_map(
        |(right, at, length, piece)| {
            let letters: Vec<char> = right.chars().collect();
            let at = at.index(letters.len());
            let end = (at + length).min(letters.len());
            letters[..at].iter().chain(piece.chars().collect::<Vec<_>>().iter()).chain(&letters[end..]).collect()
        },
    );
    let text = prop_oneof![4 => changed, 1 => ".{0,64}"];
    // A byte that no text has, somewhere in it.
    let broken = (text, any::<prop::sample::Index>(), 0x80..=0xff_u8, prop::bool::weighted(0.2));
    broken.prop_map(|(text, at, byte, is_broken)| {
        let mut bytes = text.into_bytes();
        if is_broken {
            bytes.insert(at.index(bytes.len() + 1), byte);
        }
        bytes
    })
}

/// Headers that change the response.
fn headers() -> impl Strategy<Value = (String, String)> {
    let accept = prop_oneof![Just("*/*".to_owned()), Just("application/vnd.plumb+json".to_owned()), "[ -~]{1,20}"];
    let explain = prop_oneof![Just("`true`".to_owned()), Just("[0]>`0.5`".to_owned()), "[!-~][ -~]{0,20}"];
    (accept, explain)
}

/// Returns whether an error has the format of its path's protocol.
fn in_format(path: &str, kind: &str, text: &str) -> bool {
    let error: Option<Value> = serde_json::from_str(text).ok();
    let has = |place: &str| error.as_ref().and_then(|error| error.pointer(place)).is_some_and(Value::is_string);
    match path {
        "/invocations" if kind == JSON => has("/error_code") && has("/message"),
        "/invocations" => error.is_none() && !text.is_empty(),
        path if path.starts_with("/v2/") => has("/error"),
        path if path.starts_with("/endpoints/") => has("/Message"),
        _ => has("/error/code") && has("/error/message"),
    }
}

#[test]
fn no_body_and_no_header_is_a_failure_of_the_server() {
    let server = Server::start(&["converted"]);
    server.promote(&columns_model());
    let mut runner = TestRunner::new(Cases { failure_persistence: None, ..Cases::with_cases(600) });
    let path = prop::sample::select(&PATHS[..]);
    let kind = prop::sample::select(&TYPES[..]);
    let outcome = runner.run(&(path, kind, bodies(), headers()), |(path, kind, body, (accept, explain))| {
        let explain = ("x-amzn-sagemaker-enable-explanations", explain.trim_end());
        let answer = server.post(path, &[("content-type", kind), ("accept", accept.trim()), explain], &body);
        prop_assert!(answer.status < 500, "{}: {}", answer.status, answer.text);
        prop_assert!(answer.status < 400 || in_format(path, kind, &answer.text), "{path}, {kind}: {}", answer.text);
        Ok(())
    });
    outcome.expect("every body is answered");
    assert_eq!(server.post(PATHS[0], &[("content-type", TYPES[0])], "30,email").status, 200);
}
