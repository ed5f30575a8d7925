//! Our own API.

use serde_json::{Value, json};

use super::support::{JSON, Server, close};
use crate::http::middleware::body::BODY_BYTES_MAX;
use crate::registry;
use crate::scoring::tests::columns_model;

#[test]
fn a_row_is_stored_before_its_score_is_sent() {
    let server = Server::start(&[]);
    let model_id = server.promote(&columns_model());
    let body = json!({ "target": "converted", "lead_id": "mine", "features": { "age": 30, "channel": "referral" } });
    let answer = server.post_json("/v1/score", &body);
    assert_eq!(answer.status, 200, "{}", answer.text);
    let answer = answer.json();
    assert_eq!((&answer["lead_id"], &answer["model_id"]), (&json!("mine"), &json!(model_id)));
    assert!(answer["reasons"][0]["text"].is_string() && answer["unseen"].is_null(), "{answer}");
    let id = answer["prediction_id"].as_str().expect("an id");
    // This request waits until the prediction is in the store.
    assert_eq!(server.get("/v1/leads/mine").status, 200);
    let stored = server.runtime.block_on(server.store.prediction(id)).expect("read").expect("stored");
    assert!(close(stored.score.get(), &answer["score"]), "{answer}");

    let strange = json!({ "target": "converted", "features": { "age": 30, "channel": "tiktok_ads" } });
    let unseen = &server.post_json("/v1/score", &strange).json()["unseen"];
    assert_eq!(*unseen, json!([{ "feature": "channel", "level": "tiktok_ads", "rows": 1 }]));
}

#[test]
fn a_promotion_is_noticed_by_a_running_server() {
    let server = Server::start(&["converted"]);
    let first = server.promote(&columns_model());
    assert_eq!(server.get("/v1/health").json()["models"]["converted"], json!(first));
    // White space makes another file of the same model.
    let second = server.promote(&[columns_model(), b"\n".to_vec()].concat());
    assert_eq!(server.get("/v1/health").json()["models"]["converted"], json!(second));
    let back = registry::rollback(&server.store, "converted", "test", "worse");
    server.runtime.block_on(back).expect("there was one before");
    assert_eq!(server.get("/v1/health").json()["models"]["converted"], json!(first));
    let history = server.get("/v1/models?target=converted").json();
    assert_eq!((&history["champion"], &history["history"][2]["action"]), (&json!(first), &json!("rollback")));
    assert!(server.get("/models").text.contains(&first), "the champion is on the page");
}

#[test]
fn a_bad_request_is_refused_with_field_and_expectation() {
    let server = Server::start(&[]);
    server.promote(&columns_model());
    let score = |body: Value| server.post_json("/v1/score", &body);
    let with = |more: Value| {
        let mut body = json!({ "target": "converted" });
        body.as_object_mut().expect("an object").extend(more.as_object().cloned().expect("an object"));
        score(body)
    };
    score(json!({})).refuses(400, "bad_field", "`target` is missing");
    score(json!([1])).refuses(400, "bad_request", "a list: expected an object");
    score(json!({ "target": 3 })).refuses(400, "bad_field", "`target` is a number: expected text");
    score(json!({ "target": "won" })).refuses(404, "unknown_target", "`converted`");
    with(json!({})).refuses(400, "bad_request", "lead_id");
    with(json!({ "features": { "age": 1 }, "colour": 1 })).refuses(400, "bad_field", "`colour` is not known");
    with(json!({ "features": { "colour": 1 } })).refuses(400, "bad_field", "colour");
    with(json!({ "features": { "age": "old" } })).refuses(400, "bad_field", "age");
    with(json!({ "features": { "age": 1e300 } })).refuses(400, "bad_field", "`features.age`");
    with(json!({ "features": { "age": [1] } })).refuses(400, "bad_field", "`features.age` is a list");
    with(json!({ "features": { "age": 1 }, "as_of": "today" })).refuses(400, "bad_field", "`as_of` is `today`");
    with(json!({ "lead_id": "ada" })).refuses(400, "bad_request", "plain table");
    with(json!({ "lead": {} })).refuses(400, "bad_field", "`lead.created_at` is missing");
    let event = json!({ "kind": "touch", "at": 5 });
    let lead = json!({ "created_at": "2026-01-01T00:00:00Z" });
    with(json!({ "lead": lead, "events": [event] })).refuses(400, "bad_field", "`events[0].at` is a number");

    let path = "/v1/score";
    server.post(path, &[("content-type", JSON)], "").refuses(400, "empty_body", "empty");
    server.post(path, &[("content-type", JSON)], "{\"target\":").refuses(400, "bad_request", "not JSON");
    server.post(path, &[("content-type", JSON)], "{\"a\":1e999}").refuses(400, "bad_request", "number out of range");
    server.post(path, &[("content-type", "text/xml")], "<a/>").refuses(415, "content_type", "text/xml");
    let large = " ".repeat(BODY_BYTES_MAX + 1);
    server.post(path, &[("content-type", JSON)], &large).refuses(413, "body_too_large", "6291456");
    server.get(path).refuses(405, "wrong_method", "POST");
    server.get("/v1/nothing").refuses(404, "unknown_path", "/v1/score");
    server.get("/v1/leads?limit=0").refuses(400, "bad_field", "limit");
    server.get("/v1/leads?band=E").refuses(400, "bad_field", "`A`");
    server.get("/v1/leads?colour=red").refuses(400, "bad_request", "colour");
    server.get("/v1/leads/nobody").refuses(404, "unknown_lead", "nobody");
}
