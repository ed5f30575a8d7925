//! The server as callers of MLflow and of the Open Inference Protocol see it.

use serde_json::{Value, json};

use super::support::Server;
use crate::scoring::tests::columns_model;

#[test]
fn mlflow_callers_are_served() {
    let server = Server::start(&[]);
    server.promote(&columns_model());
    let split =
        json!({ "dataframe_split": { "columns": ["channel", "age"], "data": [["referral", 30], [null, null]] } });
    let answer = server.post_json("/invocations", &split).json();
    let predictions = answer["predictions"].as_array().expect("a list");
    let rows = [json!({ "age": 30, "channel": "referral" }), json!({})];
    assert_eq!(predictions.len(), rows.len(), "{answer}");
    for (row, prediction) in rows.iter().zip(predictions) {
        let score = server.post_json("/v1/score", &json!({ "target": "converted", "features": row })).json();
        assert_eq!(*prediction, score["score"], "{row}: it is the same model");
    }
    assert_eq!((server.get("/health").status, server.get("/version").text.as_str()), (200, env!("CARGO_PKG_VERSION")));
    for (body, expected) in [
        (json!({ "inputs": [[1, "a"]], "instances": [[1, "a"]] }), "exactly one of the input fields"),
        (json!({ "instances": [{ "colour": 1 }] }), "colour"),
    ] {
        let answer = server.post_json("/invocations", &body);
        assert_eq!((answer.status, &answer.json()["error_code"]), (400, &json!("BAD_REQUEST")));
        assert!(answer.json()["message"].as_str().is_some_and(|message| message.contains(expected)), "{}", answer.text);
    }
}

#[test]
fn the_open_inference_protocol_is_served() {
    let server = Server::start(&[]);
    let model_id = server.promote(&columns_model());
    assert_eq!(server.get("/v2/health/ready").json(), json!({ "ready": true }));
    assert_eq!(server.get("/v2").json()["name"], "plumbline");
    let model = server.get("/v2/models/converted").json();
    assert_eq!(model["inputs"][1], json!({ "name": "channel", "datatype": "BYTES", "shape": [-1, 1] }));
    assert_eq!(model["versions"], json!([model_id]));
    assert_eq!(server.get(&format!("/v2/models/converted/versions/{model_id}/ready")).json()["ready"], true);
    let tensors = |age: Value| {
        json!({
            "id": "42", "parameters": { "explain": true }, "outputs": [{ "name": "score" }],
            "inputs": [
                { "name": "age", "shape": [2, 1], "datatype": "INT64", "data": age },
                { "name": "channel", "shape": [2], "datatype": "BYTES", "data": ["referral", "email"] },
            ],
        })
    };
    let infer = |body: &Value| server.post_json("/v2/models/converted/infer", body);
    let answer = infer(&tensors(json!([[30], [25]]))).json();
    assert_eq!((&answer["id"], &answer["model_version"]), (&json!("42"), &json!(model_id)));
    let [score, reasons] = &answer["outputs"].as_array().expect("two tensors")[..] else { panic!("{answer}") };
    assert_eq!((&score["shape"], &score["datatype"]), (&json!([2, 1]), &json!("FP64")));
    assert!(score["data"][0].as_f64() > score["data"][1].as_f64(), "{answer}");
    assert!(reasons["data"][0].as_str().is_some_and(|reasons| reasons.starts_with("[{")), "{answer}");
    assert_eq!(infer(&tensors(json!([30, 25]))).json()["outputs"][0], *score, "flat data is the same");

    for (answer, status, expected) in [
        (infer(&tensors(json!([30]))), 400, "does not fit 1 values"),
        (infer(&tensors(json!([30.5, 1]))), 400, "`30.5`, which is no INT64"),
        (infer(&json!({ "inputs": [] })), 400, "has no values"),
        (infer(&json!({ "inputs": [], "outputs": [{ "name": "colour" }] })), 400, "`score` or `reasons`"),
        (infer(&json!({})), 400, "`inputs` is missing"),
        (server.post_json("/v2/models/lost/infer", &tensors(json!([1, 2]))), 404, "no target `lost`"),
        (server.get("/v2/models/converted/versions/7"), 404, "no version `7`"),
        (server.get("/v2/models/%FF"), 400, "UTF-8"),
        (server.get("/v2/models/converted/infer"), 405, "try POST"),
        (server.get("/v2/colour"), 404, "nothing at `/v2/colour`"),
    ] {
        assert_eq!(answer.status, status, "{}", answer.text);
        assert!(answer.json()["error"].as_str().is_some_and(|message| message.contains(expected)), "{}", answer.text);
    }
}
