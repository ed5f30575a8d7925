//! What a request may cost: rows, events, names, memory and bytes of an answer, refused at once in each protocol's own form.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::support::{Answer, JSON, Server, config};
use crate::http::{Config, RequestLimits};
use crate::memory::MemoryBudget;
use crate::scoring::tests::columns_model;

const PATH: &str = "/endpoints/converted/invocations";
const INFER: &str = "/v2/models/converted/infer";
const CSV: (&str, &str) = ("content-type", "text/csv");
const IN_JSON: (&str, &str) = ("content-type", JSON);
type Headers = Vec<(&'static str, &'static str)>;

const FULL: (&str, &str) = ("accept", "application/vnd.plumb+json");

fn limited(limits: RequestLimits, memory: &Arc<MemoryBudget>) -> Server {
    let targets = vec!["converted".into()];
    let server = Server::configured(Config { targets, limits, memory: memory.clone(), ..config() });
    server.promote(&columns_model());
    server
}

fn with_limits(limits: RequestLimits) -> Server {
    limited(limits, &MemoryBudget::new(256 << 20))
}

/// Returns the bodies of so many rows, each with its path and headers: of each protocol and format, and with and without
/// what the fast path does not read.
fn bodies(rows: usize) -> Vec<(&'static str, Headers, String)> {
    let list = |row: &str| vec![row; rows].join(",");
    let column = |value: &str| vec![value; rows].join(",");
    let tensor = json!({ "name": "age", "datatype": "FP64", "shape": [rows], "data": vec![30; rows] });
    vec![
        (PATH, vec![CSV], "30,email\n".repeat(rows)),
        (PATH, vec![CSV], "30,\"email\"\n".repeat(rows)),
        (
            PATH,
            vec![("content-type", "text/csv; header=present")],
            format!("age,channel\n{}", "30,email\n".repeat(rows)),
        ),
        (PATH, vec![IN_JSON], format!("{{\"instances\":[{}]}}", list("{}"))),
        (PATH, vec![IN_JSON], format!("{{\"instances\":[{}]}}", list("{\"channel\":\"\\u0065mail\"}"))),
        (PATH, vec![IN_JSON, FULL], format!("{{\"instances\":[{}]}}", list("[30,\"email\"]"))),
        (PATH, vec![("content-type", "application/jsonlines")], "{\"age\":30}\n".repeat(rows)),
        (PATH, vec![("content-type", "application/jsonlines")], "{\"channel\":\"\\u0065mail\"}\n".repeat(rows)),
        (PATH, vec![("content-type", "text/libsvm")], "1 0:30\n".repeat(rows)),
        ("/invocations", vec![CSV], "30,email\n".repeat(rows)),
        ("/invocations", vec![IN_JSON], format!("{{\"instances\":[{}]}}", list("{\"age\":30}"))),
        ("/invocations", vec![IN_JSON], format!("{{\"inputs\":{{\"age\":[{}]}}}}", column("30"))),
        (
            "/invocations",
            vec![IN_JSON],
            format!("{{\"dataframe_split\":{{\"data\":[{}],\"columns\":[\"age\"]}}}}", list("[1]")),
        ),
        (INFER, vec![IN_JSON], json!({ "inputs": [tensor] }).to_string()),
    ]
}

/// Checks that an answer is an error in its protocol's form: its status, and a part of its message.
#[track_caller]
fn refused(path: &str, headers: &[(&str, &str)], answer: &Answer, status: u16, expected: &str) {
    assert_eq!(answer.status, status, "{path} {headers:?}: {}", answer.text);
    assert!(answer.text.contains(expected), "{path} {headers:?}: `{expected}` is not in {}", answer.text);
    match path {
        PATH => {
            let exception = if status == 413 { "ValidationError" } else { "ServiceUnavailable" };
            assert_eq!(answer.headers["x-amzn-errortype"], exception, "{}", answer.text);
            assert!(answer.json()["Message"].is_string(), "{}", answer.text);
        }
        INFER => assert!(answer.json()["error"].is_string(), "{}", answer.text),
        "/v1/score" => assert!(answer.json()["error"]["code"].is_string(), "{}", answer.text),
        _ if headers.contains(&IN_JSON) => assert!(answer.json()["message"].is_string(), "{}", answer.text),
        _ => assert!(!answer.text.starts_with('{'), "{}", answer.text),
    }
    if status == 503 {
        assert_eq!(answer.headers["retry-after"], "1");
    }
}

/// Returns whether all of the memory is given back, which is so a moment after the last answer is there.
fn is_given_back(memory: &MemoryBudget) -> bool {
    let begun = Instant::now();
    while memory.state().1 != 0 && begun.elapsed() < Duration::from_secs(10) {
        std::thread::yield_now();
    }
    memory.state().1 == 0
}

#[test]
fn as_many_rows_as_the_limit_are_scored_and_no_more_in_any_format() {
    let memory = MemoryBudget::new(256 << 20);
    let server = limited(RequestLimits { rows: 5, ..RequestLimits::DEFAULT }, &memory);
    for ((path, headers, right), (_, _, wrong)) in bodies(5).into_iter().zip(bodies(6)) {
        let answer = server.post(path, &headers, &right);
        assert_eq!(answer.status, 200, "{path} {headers:?}: {}", answer.text);
        let answer = server.post(path, &headers, &wrong);
        refused(path, &headers, &answer, 413, "the request has more than 5 rows; send fewer rows at a time");
    }
    assert!(is_given_back(&memory), "{:?}", memory.state());
}

#[test]
fn what_could_never_fit_is_refused_at_once_in_any_format() {
    let server = limited(RequestLimits::DEFAULT, &MemoryBudget::new(16 << 20));
    for (path, headers, body) in bodies(50_000) {
        let answer = server.post(path, &headers, &body);
        refused(path, &headers, &answer, 413, "MiB of memory: a request may have 12 MiB here; send fewer rows");
    }
    assert_eq!(server.post(PATH, &[CSV], "30,email").status, 200);
}

#[test]
fn without_room_a_large_request_waits_for_nobody_and_a_small_one_is_answered() {
    let memory = MemoryBudget::new(256 << 20);
    let server = limited(RequestLimits::DEFAULT, &memory);
    let taken = memory.reserve(190 << 20).expect("nobody else has any");
    for (path, headers, body) in bodies(2_000) {
        let answer = server.post(path, &headers, &body);
        refused(path, &headers, &answer, 503, "the memory for requests is taken; try again in a second");
    }
    for (path, headers, body) in bodies(1) {
        assert_eq!(server.post(path, &headers, &body).status, 200, "{path}: {body}");
    }
    let metrics = server.get("/metrics").text;
    assert!(metrics.contains("\nplumb_memory_taken_bytes 199229440\n"), "{metrics}");
    drop(taken);
    for (path, headers, body) in bodies(2_000) {
        let answer = server.post(path, &headers, &body);
        assert_eq!(answer.status, 200, "{path} {headers:?}: {}", answer.text);
    }
    assert!(is_given_back(&memory), "{:?}", memory.state());
}

#[test]
fn many_plain_rows_are_cheap_and_their_reasons_are_not() {
    let server = with_limits(RequestLimits::DEFAULT);
    let answer = server.post(PATH, &[CSV], "30.123456789,email\n".repeat(90_000));
    assert_eq!((answer.status, answer.text.lines().count()), (200, 90_000), "{:.200}", answer.text);
    let rows = format!("{{\"instances\":[{}]}}", vec!["{}"; 100_000].join(","));
    let answer = server.post(PATH, &[IN_JSON, FULL], &rows);
    answer.refuses(413, "too_costly", "100000 rows with their reasons may need");
}

#[test]
fn an_answer_ends_at_its_limit_in_any_format() {
    let server = with_limits(RequestLimits { answer_bytes: 400, ..RequestLimits::DEFAULT });
    for (path, headers, body) in bodies(100) {
        let answer = server.post(path, &headers, &body);
        refused(path, &headers, &answer, 413, "the answer would be larger than 400 bytes; send fewer rows");
    }
    let explained = [CSV, ("x-amzn-sagemaker-enable-explanations", "`true`")];
    server.post(PATH, &explained, "30,email\n".repeat(4)).refuses(413, "answer_too_large", "400 bytes");
}

#[test]
fn what_is_recorded_of_a_request_is_bounded() {
    let limits = RequestLimits { rows: 400_000, ..RequestLimits::DEFAULT };
    let server = limited(limits, &MemoryBudget::new(2 << 30));
    server.post(PATH, &[CSV], "1,\n".repeat(200_000)).refuses(
        413,
        "record_too_large",
        "the predictions of 200000 rows",
    );
}

#[test]
fn events_fields_names_and_ids_are_bounded() {
    let server = with_limits(RequestLimits { events: 3, ..RequestLimits::DEFAULT });
    let event = json!({ "kind": "reply", "at": "2026-01-01T00:00:00Z" });
    let lead = |fields: Value| {
        let mut lead = json!({ "created_at": "2026-01-01T00:00:00Z" });
        lead.as_object_mut().expect("an object").extend(fields.as_object().cloned().unwrap_or_default());
        lead
    };
    let ask = |rest: Value| {
        let mut body = json!({ "target": "converted" });
        body.as_object_mut().expect("an object").extend(rest.as_object().cloned().unwrap_or_default());
        server.post_json("/v1/score", &body)
    };
    let events = |count: usize| vec![event.clone(); count];
    ask(json!({ "lead": lead(json!({})), "events": events(4) })).refuses(413, "too_many", "more than 3 events");
    ask(json!({ "lead": lead(json!({})), "events": events(3) })).refuses(400, "bad_request", "knows no leads");
    let one_lead = "more than 10000 events of one lead";
    ask(json!({ "lead_id": "a", "events": events(10_001) })).refuses(413, "too_many", one_lead);
    let name = "n".repeat(257);
    let long_name = "a name of 257 bytes: expected at most 256";
    ask(json!({ "lead": lead(json!({ name.clone(): 1 })) })).refuses(400, "bad_field", long_name);
    ask(json!({ "features": { name.clone(): 1 } })).refuses(400, "bad_field", long_name);
    let fields: serde_json::Map<String, Value> = (0..1_001).map(|field| (format!("f{field}"), json!(1))).collect();
    ask(json!({ "lead": lead(Value::from(fields)) })).refuses(400, "bad_field", "more than 1000 fields");
    for rest in
        [json!({ "features": { "age": 3 } }), json!({ "features": { "channel": null }, "as_of": null }), json!({})]
    {
        let mut rest = rest;
        rest["lead_id"] = json!("i".repeat(1_025));
        ask(rest).refuses(400, "bad_field", "`lead_id` has 1025 bytes: expected at most 1024");
    }
    for body in [
        json!({ "dataframe_split": { "columns": [name], "data": [[1]] }, "params": {} }),
        json!({ "inputs": { name.clone(): [1] } }),
    ] {
        assert!(server.post_json("/invocations", &body).text.contains(long_name), "{body}");
    }
    let tensor = json!({ "inputs": [{ "name": name, "datatype": "FP64", "shape": [1], "data": [1] }] });
    assert!(server.post_json(INFER, &tensor).text.contains("has 257 bytes: expected at most 256"));
}

#[test]
fn an_error_repeats_little_of_what_was_sent() {
    let server = with_limits(RequestLimits::DEFAULT);
    let long = "x".repeat(3 << 20);
    for body in [
        json!({ "instances": [{ "channel": [long] }] }),
        json!({ "instances": [{ "age": long }] }),
        json!({ long.clone(): 1 }),
    ] {
        let answer = server.post_json(PATH, &body);
        assert!(answer.status == 424 && answer.text.len() < 12_000, "{}: {} bytes", answer.status, answer.text.len());
    }
    let answer = server.post_json("/v1/score", &json!({ "target": long }));
    assert!(answer.status == 404 && answer.text.len() < 12_000, "{}: {} bytes", answer.status, answer.text.len());
}

#[test]
fn a_body_of_few_bytes_that_is_much_json_is_refused_on_every_path() {
    let memory = MemoryBudget::new(64 << 20);
    let server = limited(RequestLimits::DEFAULT, &memory);
    let nested = format!("[{}]", vec![format!("{}{}", "[".repeat(100), "]".repeat(100)); 20_000].join(","));
    let objects = format!("[{}]", vec!["{\"a\":{}}"; 500_000].join(","));
    for path in [PATH, "/v1/score", "/invocations", INFER, "/v1/feedback"] {
        for body in [&nested, &objects] {
            let answer = server.post(path, &[IN_JSON], body);
            assert!(answer.status == 413 && answer.text.contains("JSON may need"), "{path}: {:.300}", answer.text);
        }
    }
    assert!(is_given_back(&memory), "{:?}", memory.state());
}

#[test]
fn a_call_of_many_rows_is_recorded_whole() {
    let server = with_limits(RequestLimits::DEFAULT);
    let rows = format!("{{\"instances\":[{}]}}", vec!["[30,\"email\"]"; 4_000].join(","));
    let answer = server.post(PATH, &[IN_JSON, FULL, ("x-amzn-sagemaker-inference-id", "mine")], &rows).json();
    let predictions = answer["predictions"].as_array().expect("a list");
    assert_eq!(predictions.len(), 4_000);
    for place in [0, 1_500, 3_999] {
        let known = server.get(&format!("/v1/leads/{}", predictions[place]["lead_id"].as_str().expect("an id"))).json();
        assert_eq!(known["predictions"][0]["score"], predictions[place]["score"], "{known}");
    }
}
