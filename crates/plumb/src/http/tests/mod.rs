//! The server as its clients see it: a real one on a free port, and a real client.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use plumb_lead::{Feature, FeatureKind, FeatureMessages, FeatureSet, Matrix, ModelKind};
use plumb_learn::decision::{Optimise, StopOn};
use plumb_learn::drift::baseline;
use plumb_learn::{Params, Samples, fit};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use super::*;
use crate::registry;
use crate::registry::tests::card;
use crate::scoring::{Artifact, Inputs};
use crate::store::LeadBrief;
use crate::store::tests::{hour_of_new_year, prediction};

mod access;
mod invoke;
mod others;
mod openapi;
mod languages;
mod variants;
mod generated;
mod load;
mod plain;
mod slow;

const JSON: &str = "application/json";

/// A running server without lead data, and its folder.
struct Server {
    address: SocketAddr,
    store: Store,
    folder: TempDir,
    runtime: Runtime,
    stop: Option<oneshot::Sender<()>>,
}

/// What it answered.
struct Answer {
    status: u16,
    headers: BTreeMap<String, String>,
    bytes: Vec<u8>,
    text: String,
}

impl Server {
    fn start(targets: &[&str]) -> Server {
        let targets = targets.iter().map(|target| (*target).to_owned()).collect();
        Server::configured(Config {
            targets,
            now: None,
            access: Access::open(),
            load: LOAD,
            patience: PATIENCE,
            capture: false,
            style: Style::default(),
        })
    }

    fn configured(config: Config) -> Server {
        let runtime = Runtime::new().expect("threads can be started");
        let folder = TempDir::new().expect("a temporary folder");
        let (stop, stopped) = oneshot::channel::<()>();
        let (address, store) = runtime.block_on(async {
            let store = Store::open(&folder.path().join("plumb.db")).await.expect("an empty folder");
            let app = App::open(None, store.clone(), folder.path(), config).await.expect("nothing to load");
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
            let address = listener.local_addr().expect("it is bound");
            tokio::spawn(serve(app, listener, async { drop(stopped.await) }));
            (address, store)
        });
        Server { address, store, folder, runtime, stop: Some(stop) }
    }

    /// Adds a model of the columns `age` and `channel` and makes it the champion of `converted`.
    fn promote(&self, model: &[u8]) -> String {
        let card = card("converted", ModelKind::Logistic, model);
        self.runtime.block_on(async {
            registry::add(&self.store, self.folder.path(), model, &card).await.expect("its own card");
            registry::promote(&self.store, "converted", &card.model_id, "test", "first").await.expect("added");
        });
        card.model_id
    }

    fn get(&self, path: &str) -> Answer {
        let request = agent().get(format!("http://{}{path}", self.address));
        Answer::of(request.call().expect("the server answers"))
    }

    /// Asks for a path in a language.
    fn get_in(&self, path: &str, language: &str) -> Answer {
        let request = agent().get(format!("http://{}{path}", self.address)).header("accept-language", language);
        Answer::of(request.call().expect("the server answers"))
    }

    fn post(&self, path: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Answer {
        let mut request = agent().post(format!("http://{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::of(request.send(body.as_ref()).expect("the server answers"))
    }

    fn post_json(&self, path: &str, body: &Value) -> Answer {
        self.post(path, &[("content-type", JSON)], body.to_string())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Nobody waits for the server any more if it stopped by itself.
        let _ = self.stop.take().map(|stop| stop.send(()));
    }
}

impl Answer {
    fn of(mut answer: ureq::http::Response<ureq::Body>) -> Answer {
        let headers = answer
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
        let (status, headers) = (answer.status().as_u16(), headers.collect());
        let bytes = answer.body_mut().read_to_vec().expect("a whole body");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status, headers, bytes, text }
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    #[track_caller]
    fn refuses(&self, status: u16, code: &str, expected: &str) {
        assert_eq!(self.status, status, "{}", self.text);
        let error = &self.json()["error"];
        assert_eq!(error["code"], code, "{}", self.text);
        assert!(error.to_string().contains(expected), "`{expected}` is not in {}", self.text);
    }
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into()
}

/// Returns a logistic model of `age` and `channel`, fitted to rows in which the older ones and the referred convert.
fn columns_model() -> Vec<u8> {
    let levels = ["email", "referral"].map(str::to_owned).to_vec();
    let row = |row: u16| vec![f32::from(20 + row % 40), f32::from(row % 3 % 2)];
    model(&[("age", FeatureKind::Number), ("channel", FeatureKind::Category { levels })], row)
}

/// Returns a logistic model of columns, fitted to such rows.
fn model(columns: &[(&str, FeatureKind)], row: impl Fn(u16) -> Vec<f32>) -> Vec<u8> {
    let feature = |(name, kind): &(&str, FeatureKind)| Feature {
        name: (*name).into(),
        kind: kind.clone(),
        wording: FeatureMessages::default(),
    };
    let features = FeatureSet { features: columns.iter().map(feature).collect(), languages: Vec::new() };
    let rows: u16 = 200;
    let matrix = Matrix { values: (0..rows).flat_map(row).collect(), rows: rows.into(), columns: columns.len() };
    // Every seventh row is of the other class, so that the classes cannot be told apart for certain.
    let labels: Vec<bool> = (0..rows).map(|row| (row % 40 + 10 * (row % 3 % 2) > 30) != (row % 7 == 0)).collect();
    let samples = Samples { matrix: &matrix, labels: &labels, weights: &[1.0; 200] };
    let params = Params {
        seed: 1,
        beta: 0.5,
        cost: None,
        optimise: Optimise::FBeta,
        in_time_order: false,
        capacity: None,
        stop_on: StopOn::LogLoss,
        threads: 1,
        rounds_max: 1,
        search_trials: 1,
        rules: None,
    };
    let fitted = fit(&[ModelKind::Logistic], &features, samples, samples, &params, &|_| {});
    let model = fitted.expect("both classes are there").pop().expect("one kind was asked for").model;
    let scores: Vec<f64> = model.scores(&matrix).expect("its own rows").into_iter().map(f64::from).collect();
    let baseline = baseline(&features, &matrix, &scores).expect("its own rows");
    let artifact = Artifact { model, target: "converted".into(), inputs: Inputs::Columns, baseline };
    serde_json::to_vec(&artifact).expect("a model is JSON")
}

/// The client's JSON reader is off by one in the last place of some numbers.
fn close(score: f64, answered: &Value) -> bool {
    answered.as_f64().is_some_and(|answered| (answered - score).abs() < 1e-15)
}

#[test]
fn an_empty_server_says_what_to_run_next() {
    let server = Server::start(&["converted"]);
    assert_eq!(server.get("/v1/health").json()["models"], json!({ "converted": null }));
    for (path, expected) in [("/", "plumb train"), ("/models", "plumb train"), ("/watch", "plumb watch")] {
        let page = server.get(path);
        assert_eq!(page.status, 200, "{}", page.text);
        assert!(page.text.contains(expected), "`{expected}` is not on {path}");
        assert!(page.text.contains("width=device-width") && !page.text.contains("<script"), "{path}");
    }
    let body = json!({ "target": "converted", "features": { "age": 3 } });
    server.post_json("/v1/score", &body).refuses(409, "no_champion", "plumb train");
    let nothing = Server::start(&[]);
    assert!(nothing.get("/").text.contains("plumb demo"));
    nothing.get("/v1/leads").refuses(404, "unknown_target", "plumb train");
}

#[test]
fn a_row_of_columns_is_scored_and_stored_before_it_is_answered() {
    let server = Server::start(&[]);
    let model_id = server.promote(&columns_model());
    let body = json!({ "target": "converted", "lead_id": "mine", "features": { "age": 30, "channel": "referral" } });
    let answer = server.post_json("/v1/score", &body);
    assert_eq!(answer.status, 200, "{}", answer.text);
    let answer = answer.json();
    assert_eq!((&answer["lead_id"], &answer["model_id"]), (&json!("mine"), &json!(model_id)));
    assert!(answer["reasons"][0]["text"].is_string() && answer["unseen"].is_null(), "{answer}");
    let id = answer["prediction_id"].as_str().expect("an id");
    // Whoever asks for a lead waits for what was answered before.
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
fn a_bad_request_is_told_which_field_and_what_was_expected() {
    let server = Server::start(&[]);
    server.promote(&columns_model());
    let score = |body: Value| server.post_json("/v1/score", &body);
    let with = |more: Value| {
        let mut body = json!({ "target": "converted" });
        body.as_object_mut().expect("an object").extend(more.as_object().cloned().expect("an object"));
        score(body)
    };
    score(json!({})).refuses(400, "bad_field", "`target` is missing");
    score(json!([1])).refuses(400, "bad_request", "a list: expected a JSON object");
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

#[test]
fn a_rep_says_that_a_score_is_wrong() {
    let server = Server::start(&["converted"]);
    let brief = LeadBrief {
        lead_id: "email:a/b".into(),
        name: Some("Ada <script>".into()),
        company: None,
        industry: None,
        channel: None,
        created_at: hour_of_new_year(0),
    };
    server.runtime.block_on(async {
        let predictions = [prediction("p1", "email:a/b", 1, 0.2), prediction("p2", "a caller's own", 1, 0.9)];
        server.store.insert_predictions(&predictions).await.expect("new");
        server.store.put_lead_briefs(&[brief]).await.expect("written");
    });
    let list = server.get("/?target=converted&band=D").text;
    assert!(list.contains("/leads/email%3Aa%2Fb") && list.contains("Ada &lt;script&gt;"), "{list}");
    assert!(!list.contains("a caller"), "rows of callers are no leads of ours");
    assert_eq!(server.get("/v1/leads").json()["total"], 1);

    let path = "/leads/email%3Aa%2Fb/flags";
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let body = "prediction_id=p1&complaint=too_low&note=They+called+us&by=";
    let foreign = [form[0], ("origin", "http://evil.example")];
    server.post(path, &foreign, body).refuses(403, "cross_site", "evil.example");
    let own = format!("http://{}", server.address);
    let answer = server.post(path, &[form[0], ("origin", &own)], body);
    assert_eq!(
        (answer.status, answer.headers["location"].as_str()),
        (303, "/leads/email%3Aa%2Fb?target=converted&thanks=1")
    );
    let page = server.get(&answer.headers["location"]).text;
    for expected in ["Thank you", "They called us", "The lead is better than this score", "somebody"] {
        assert!(page.contains(expected), "`{expected}` is not in {page}");
    }
    assert_eq!(server.post(path, &form, "prediction_id=p2&complaint=too_low").status, 404, "p2 is another lead's");

    let by_api = json!({ "prediction_id": "p1", "complaint": "not_a_lead", "note": "a test", "by": "rep 17" });
    assert_eq!(server.post_json("/v1/feedback", &by_api).status, 201);
    assert_eq!(server.get("/v1/leads/email%3Aa%2Fb").json()["feedback"][0]["by"], "rep 17");
    let unclear = json!({ "prediction_id": "p1", "complaint": "bad" });
    server.post_json("/v1/feedback", &unclear).refuses(400, "bad_field", "not_a_lead");
    let unknown = json!({ "prediction_id": "p9", "complaint": "too_low" });
    server.post_json("/v1/feedback", &unknown).refuses(404, "unknown_prediction", "p9");
}

#[test]
fn answers_carry_headers_that_keep_foreign_content_out() {
    let server = Server::start(&["converted"]);
    for path in ["/", "/v1/health", "/nothing"] {
        let headers = server.get(path).headers;
        assert!(headers["content-security-policy"].starts_with("default-src 'none'"), "{path}");
        assert_eq!(
            (headers["x-content-type-options"].as_str(), headers["cache-control"].as_str()),
            ("nosniff", "no-store")
        );
    }
    let style = server.get("/style.css");
    assert_eq!(style.headers["content-type"], "text/css; charset=utf-8");
}
