//! InvokeEndpoint and the container, byte by byte where callers depend on them. The real SDKs are in `tests/it/sdks`.

use serde_json::{Value, json};

use super::support::{JSON, Server, close, config};
use crate::http::{Config, ResponseFormat};
use crate::scoring::tests::columns_model;

const PATH: &str = "/endpoints/converted/invocations";
const CSV: (&str, &str) = ("content-type", "text/csv");
const RECORDIO: (&str, &str) = ("content-type", "application/x-recordio-protobuf");

/// Returns a server with the model of `age` and `channel`, and that model's id.
fn serving() -> (Server, String) {
    let server = Server::start(&[]);
    let model_id = server.promote(&columns_model());
    (server, model_id)
}

/// Returns the score of one row, requested in our own media type.
fn score_of(server: &Server, age: u32, channel: &str) -> f64 {
    let body = json!({ "features": { "age": age, "channel": channel } }).to_string();
    let headers = [("content-type", JSON), ("accept", "application/vnd.plumb+json")];
    let answer = server.post(PATH, &headers, &body);
    assert_eq!(answer.headers["content-type"], "application/vnd.plumb+json");
    let answer = answer.json();
    assert!(answer["predictions"][0]["reasons"][0]["text"].is_string(), "{answer}");
    answer["predictions"][0]["score"].as_f64().expect("a score")
}

#[test]
fn every_format_of_a_row_has_the_same_score() {
    let (server, _) = serving();
    let score = score_of(&server, 30, "referral");
    let plain = json!({ "age": 30, "channel": "referral" });
    for instance in [
        json!({ "features": plain }),
        json!({ "features": [30, "referral"], "lead_id": "mine" }),
        json!({ "data": { "features": { "values": [30, "referral"] } } }),
        json!([30, "referral"]),
        plain,
    ] {
        for body in [json!({ "instances": [instance] }), instance] {
            let answer = server.post_json(PATH, &body);
            assert_eq!((answer.status, answer.headers["content-type"].as_str()), (200, JSON), "{}", answer.text);
            assert!(close(score, &answer.json()["predictions"][0]["score"]), "{body}: {}", answer.text);
        }
    }
    let rows = [
        ("text/csv; charset=utf-8", "30,referral\r\n,\n"),
        ("text/csv", "30;referral\n;\n"),
        ("text/csv; label_size=1", "1,30,referral\n0,,\n"),
        ("text/csv; header=present", "channel,age\nreferral,30\n,\n"),
        ("text/libsvm", "1 1:30 2:1 # the second word\n0\n"),
        ("text/x-libsvm; indexing_mode=0", "0:30 1:1\n1:0"),
    ];
    for (content_type, body) in rows {
        let answer = server.post(PATH, &[("content-type", content_type)], body);
        assert_eq!(answer.headers["content-type"], "text/csv; charset=utf-8", "{}", answer.text);
        let scores: Vec<f64> = answer.text.split('\n').map(|line| line.parse().expect("a score")).collect();
        assert!(scores.len() == 2 && (scores[0] - score).abs() < 1e-15, "{content_type}: {scores:?}");
    }
    let lines = "{\"features\":[30,\"referral\"]}\n\n[31,null]\n";
    let answer = server.post(PATH, &[("content-type", "application/jsonlines")], lines);
    assert_eq!(answer.headers["content-type"], "application/jsonlines");
    let first: Value = serde_json::from_str(answer.text.lines().next().expect("two lines")).expect("JSON");
    assert!(answer.text.lines().count() == 2 && close(score, &first["score"]), "{}", answer.text);
}

#[test]
fn records_of_protobuf_are_read_and_written() {
    let (server, _) = serving();
    let score = score_of(&server, 30, "referral");
    // One record: features["values"] is a Float32Tensor of 30 and 1.
    let record = b"\x0a\x23\xd7\xce\x18\x00\x00\x00\x0a\x16\x0a\x06values\x12\x0c\x12\x0a\x0a\x08\x00\x00\xf0\x41\x00\x00\x80\x3f";
    let answer = server.post(PATH, &[RECORDIO], record);
    assert_eq!(answer.headers["content-type"], "text/csv; charset=utf-8");
    assert!((answer.text.parse::<f64>().expect("a score") - score).abs() < 1e-15, "{}", answer.text);
    let answer = server.post(PATH, &[RECORDIO, ("accept", RECORDIO.1)], record);
    assert_eq!(answer.headers["content-type"], RECORDIO.1);
    let [head, score_bytes, end] = [0..23, 23..27, 27..28].map(|range| &answer.bytes[range]);
    assert_eq!(head, b"\x0a\x23\xd7\xce\x13\x00\x00\x00\x12\x11\x0a\x05score\x12\x08\x12\x06\x0a\x04");
    assert_eq!((score_bytes, end), ((score as f32).to_le_bytes().as_slice(), &[0][..]));
    let explained = [RECORDIO, ("accept", RECORDIO.1), ("x-amzn-sagemaker-enable-explanations", "`true`")];
    let body = server.post(PATH, &explained, record).json();
    assert_eq!(body["predictions"]["content_type"], JSON, "no bytes can stand in a text");
}

#[test]
fn the_response_format_is_configured_as_in_a_container() {
    let formatted = |outputs: Option<&str>, accept: Option<&str>, csv_in_one_line: bool| {
        let response_format = ResponseFormat::parse(outputs, accept, csv_in_one_line).expect("a format");
        let server = Server::configured(Config { response_format, ..config() });
        server.promote(&columns_model());
        server
    };
    let rows = "59,referral\n20,email";
    let lines = |server: &Server, accept: &str| server.post(PATH, &[CSV, ("accept", accept)], rows).text;

    let one_line = formatted(None, Some("application/jsonlines"), true);
    let answer = one_line.post(PATH, &[CSV], rows);
    assert_eq!(answer.headers["content-type"], "application/jsonlines");
    let scores: Vec<f64> =
        lines(&one_line, "text/csv").split(',').map(|score| score.parse().expect("a score")).collect();
    let [high, low] = scores[..] else { panic!("two rows: {scores:?}") };
    assert!(high > 0.5 && low < 0.5, "{scores:?}");

    let labelled = formatted(Some("predicted_label, probabilities"), None, false);
    let expected = format!("1,\"[{}, {high}]\"\n0,\"[{}, {low}]\"", 1.0 - high, 1.0 - low);
    assert_eq!(lines(&labelled, "text/csv"), expected);
    let expected = format!(
        "{}\n{}\n",
        json!({ "predicted_label": 1, "probabilities": [1.0 - high, high] }),
        json!({ "predicted_label": 0, "probabilities": [1.0 - low, low] })
    );
    assert_eq!(lines(&labelled, "application/jsonlines"), expected);
    let all = formatted(Some("labels,probability,raw_score,raw_scores"), None, false);
    let row = json!({ "labels": [0, 1], "probability": high, "raw_score": high, "raw_scores": [1.0 - high, high] });
    let answer = lines(&all, JSON);
    assert!(answer.starts_with(&format!("{{\"predictions\":[{row},")), "{answer}");

    for (outputs, accept, one_line, expected) in [
        (Some("score"), None, false, "`predicted_label`"),
        (None, Some("image/png"), false, "image/png"),
        (Some("labels,probability"), None, true, "cannot share a line"),
    ] {
        let error = ResponseFormat::parse(outputs, accept, one_line).expect_err(expected);
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn unsupported_calls_are_refused_with_an_alternative() {
    let (server, _) = serving();
    for (path, expected) in [
        ("/endpoints/converted/async-invocations", "call InvokeEndpoint, which answers at once"),
        ("/endpoints/converted/invocations-response-stream", "streamed answers"),
    ] {
        let answer = server.post(path, &[CSV], "30,email");
        answer.refuses(400, "bad_request", expected);
        assert_eq!(answer.headers["x-amzn-errortype"], "ValidationError");
        server.get(path).refuses(400, "wrong_method", "try POST");
    }
}

#[test]
fn headers_are_checked_and_every_response_has_an_id() {
    let (server, model_id) = serving();
    let headers = [
        CSV,
        ("x-amzn-sagemaker-custom-attributes", "trace=7; c=eu"),
        ("x-amzn-sagemaker-target-variant", "AllTraffic"),
        ("x-amzn-sagemaker-target-model", &model_id),
        ("x-amzn-sagemaker-inference-id", "lead 17"),
    ];
    let answer = server.post(PATH, &headers, "30,email");
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.headers["x-amzn-sagemaker-custom-attributes"], "trace=7; c=eu");
    assert_eq!(answer.headers["x-amzn-invoked-production-variant"], "AllTraffic");
    assert_eq!(answer.headers["x-amzn-requestid"].len(), 36);
    assert_ne!(answer.headers["x-amzn-requestid"], server.get("/ping").headers["x-amzn-requestid"]);
    for (name, value, expected) in [
        ("x-amzn-sagemaker-target-variant", "blue", "expected `AllTraffic`"),
        ("x-amzn-sagemaker-target-variant", "-blue", "is no name"),
        ("x-amzn-sagemaker-target-model", "cafe", "cafe"),
        ("x-amzn-sagemaker-inference-id", &"x".repeat(65), "65 characters"),
        ("x-amzn-sagemaker-session-id", "NEW_SESSION", "sessions"),
        ("x-amzn-sagemaker-enable-explanations", "score>", "is no condition at character 7"),
    ] {
        let answer = server.post(PATH, &[CSV, (name, value)], "30,email");
        answer.refuses(400, "bad_header", expected);
        assert_eq!(answer.headers["x-amzn-errortype"], "ValidationError");
    }
}

#[test]
fn explanations_have_the_shape_of_clarify() {
    let (server, _) = serving();
    let [low, high] = [score_of(&server, 22, "email"), score_of(&server, 59, "referral")];
    let between = format!("[0]>`{:.3}`", (low + high) / 2.0);
    let explain = |condition: &str, accept| {
        let headers = [CSV, ("accept", accept), ("x-amzn-sagemaker-enable-explanations", condition)];
        server.post(PATH, &headers, "22,email\n59,referral")
    };
    let answer = explain(&between, "text/csv");
    assert_eq!(answer.headers["content-type"], JSON);
    let answer = answer.json();
    assert_eq!((&answer["version"], &answer["label_headers"]), (&json!("1.0"), &json!(["converted"])));
    assert_eq!(answer["predictions"]["content_type"], "text/csv; charset=utf-8");
    let data = answer["predictions"]["data"].as_str().expect("a text");
    let scores: Vec<f64> = data.lines().map(|line| line.parse().expect("a score")).collect();
    assert!((scores[0] - low).abs() < 1e-15 && (scores[1] - high).abs() < 1e-15, "{data}");
    let explained = &answer["explanations"]["kernel_shap"];
    assert_eq!(explained[0], Value::Null);
    let headers = [0, 1].map(|feature| explained[1][feature]["feature_header"].as_str());
    assert_eq!(headers, [Some("age"), Some("channel")]);
    assert!(explained[1][0]["attributions"][0]["attribution"][0].as_f64().expect("a number") > 0.0, "{explained}");

    assert_eq!(explain("`false`", "text/csv").json()["explanations"], json!({}));
    let lines = explain("score>`0`", "application/jsonlines").json();
    let data = lines["predictions"]["data"].as_str().expect("a text");
    assert!(data.starts_with("{\"score\":0.") && data.ends_with("}\n") && data.lines().count() == 2, "{data}");
    assert_eq!(lines["explanations"]["kernel_shap"].as_array().map(Vec::len), Some(2));
}

#[test]
fn input_that_the_model_cannot_take_is_a_model_error() {
    let (server, _) = serving();
    let csv = |body| server.post(PATH, &[CSV], body);
    let lines = |body| server.post(PATH, &[("content-type", "application/jsonlines")], body);
    let nested = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    for (answer, original, code, expected) in [
        (csv("age,channel\n30,referral"), 400, "bad_field", "without a header"),
        (csv("30"), 400, "bad_request", "line 1 has 1 cells: expected 2"),
        (csv("30,referral\ninf,email"), 400, "bad_field", "`inf` in line 2"),
        (csv("NaN,email"), 400, "bad_field", "nothing if it is missing"),
        (csv("1e39,email"), 400, "bad_field", "`1e39` in line 1"),
        (csv(" \n"), 400, "empty_body", "empty"),
        (lines("[30,\"email\"]\n{"), 400, "bad_request", "line 2 is not JSON"),
        (lines("[30,\"email\"]\n{\"features\":[1]}"), 400, "bad_field", "line 2.features"),
        (lines(&nested), 400, "bad_request", "recursion limit"),
        (server.post(PATH, &[("content-type", "image/png")], "1:2"), 415, "content_type", "text/libsvm"),
        (server.post(PATH, &[("content-type", "text/libsvm; a=b")], "1:2"), 415, "content_type", "indexing_mode"),
        (server.post(PATH, &[("content-type", "text/libsvm")], "0:1\n0:x"), 400, "bad_request", "`0:x` in line 2"),
        (server.post(PATH, &[("content-type", "text/libsvm")], "0:1 1:9"), 400, "bad_field", "`9` in line 1"),
        (server.post(PATH, &[RECORDIO], "30,email"), 400, "bad_request", "0xced7230a"),
        (server.post(PATH, &[("content-type", "text/csv; a=b")], "1,2"), 415, "content_type", "a=b"),
        (server.post(PATH, &[], "1,2"), 415, "content_type", "no content type"),
        (server.post(PATH, &[CSV, ("accept", "image/png")], "30,email"), 406, "accept", "image/png"),
        (server.post_json(PATH, &json!({ "instances": [] })), 400, "bad_field", "instances"),
        (server.post_json(PATH, &json!({ "instances": [[1, 2]], "x": 1 })), 400, "bad_field", "`x`"),
        (
            server.post_json(PATH, &json!({ "instances": [{ "features": [1] }] })),
            400,
            "bad_field",
            "instances[0].features",
        ),
        (server.post_json(PATH, &json!({ "lead_id": "crm:1" })), 400, "bad_request", "plain table"),
    ] {
        answer.refuses(424, code, expected);
        assert_eq!(answer.headers["x-amzn-errortype"], "ModelError");
        let body = answer.json();
        assert_eq!(body["OriginalStatusCode"], original, "{body}");
        let message = body["Message"].as_str().expect("a message");
        assert!(message.starts_with(&format!("Received client error ({original}) from primary")), "{message}");
    }
    server.post("/endpoints/won/invocations", &[CSV], "1,2").refuses(400, "unknown_target", "`converted`");
}

#[test]
fn the_container_serves_batch_transform() {
    let (server, _) = serving();
    let ping = server.get("/ping");
    assert_eq!((ping.status, ping.text.as_str()), (200, ""));
    let parameters = server.get("/execution-parameters").json();
    assert_eq!((&parameters["MaxPayloadInMB"], &parameters["BatchStrategy"]), (&json!(6), &json!("MULTI_RECORD")));
    let answer = server.post("/invocations", &[CSV, ("accept", JSON)], "30,referral");
    assert!(close(score_of(&server, 30, "referral"), &answer.json()["predictions"][0]["score"]), "{}", answer.text);
    assert_eq!(server.post("/invocations", &[CSV], "").status, 204);
    for (headers, body, status, expected) in [
        (&[CSV][..], "30", 400, "line 1 has 1 cells"),
        (&[("content-type", "image/png")][..], "30", 415, "image/png"),
        (&[CSV, ("accept", "image/png")][..], "30,email", 406, "image/png"),
    ] {
        let answer = server.post("/invocations", headers, body);
        assert_eq!(answer.status, status);
        assert!(answer.text.contains(expected) && answer.headers["content-type"].starts_with("text/plain"));
    }
}
