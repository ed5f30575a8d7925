//! Events and fields of leads that are posted as they happen: durable before the answer, in the next score, and the same to
//! the last bit once an ingestion has them.

use std::collections::BTreeMap;

use plumb_lake::Lake;
use serde_json::{Value, json};

use crate::setup::server::Server;
use crate::setup::touched::Touched;

/// A lead that is open.
const OPEN: &str = "sheet:496";

/// Returns a lead's score with its reasons' contributions, to the last bit.
#[track_caller]
fn score(server: &Server, lead_id: &str) -> (f64, Value) {
    let answer = server.post("/v1/score", &json!({ "target": "won", "lead_id": lead_id }));
    let score = answer["score"].as_f64().unwrap_or_else(|| panic!("no score of {lead_id}: {answer}"));
    (score, answer["reasons"].clone())
}

fn touch(id: &str, lead_key: &str, hour: u32, minutes: f64) -> Value {
    json!({ "event_id": id, "lead_key": lead_key, "kind": "touch", "at": format!("2026-05-31T{hour:02}:00:00Z"), "minutes": minutes })
}

/// Returns the ids of a lead's posted events in the ground, with how often each is there.
fn ingested_ids(company: &Touched, lead_id: &str) -> BTreeMap<String, usize> {
    let runtime = tokio::runtime::Runtime::new().expect("threads can be started");
    let now = "2026-06-02T00:00:00Z".parse().expect("a time");
    let found = runtime.block_on(async {
        let lake = Lake::open(&company.data()).await.expect("it was ingested");
        lake.lead(lead_id, now).await.expect("readable")
    });
    let mut ids = BTreeMap::new();
    for id in found.into_iter().flat_map(|(_, events)| events).filter_map(|event| event.posted_id) {
        *ids.entry(id).or_default() += 1;
    }
    ids
}

fn metric(server: &Server, name: &str) -> u64 {
    let text = server.page("/metrics");
    let line =
        text.lines().find(|line| line.starts_with(&format!("{name} "))).unwrap_or_else(|| panic!("{name}: {text}"));
    line.split(' ').nth(1).and_then(|value| value.parse().ok()).expect("a number")
}

#[test]
fn a_posted_event_is_in_the_next_score_and_the_same_after_an_ingestion() {
    let company = Touched::with("").trained();
    let server = Server::start(company.path(), &[], &[]);
    let before = score(&server, OPEN);
    let events = json!([touch("e1", OPEN, 3, 4.25), touch("e2", OPEN, 4, 0.1), touch("e3", OPEN, 5, 2.5)]);
    let answer = server.post("/v1/events", &events);
    assert_eq!((&answer["accepted"], &answer["counts_at_once"]), (&json!(3), &json!(true)), "{answer}");
    assert!(answer["results"].as_array().expect("a list").iter().all(|row| row["matched"] == true), "{answer}");
    let posted = score(&server, OPEN);
    assert!(posted.0 > before.0, "{} and {}", before.0, posted.0);

    // The same once more counts once, and other content under the same id corrects it.
    let again = server.post("/v1/events", &touch("e1", OPEN, 3, 4.25));
    assert_eq!((&again["duplicates"], &again["results"][0]["duplicate"]), (&json!(1), &json!(true)), "{again}");
    assert_eq!(score(&server, OPEN), posted);
    let corrected = server.post("/v1/events", &touch("e2", OPEN, 4, 90.0));
    assert_eq!(corrected["results"][0]["status"], "corrected", "{corrected}");
    let posted = score(&server, OPEN);
    assert_eq!(metric(&server, "plumb_posted_rows_waiting"), 3);

    // A server that is killed has lost nothing that it acknowledged.
    server.kill();
    let server = Server::start(company.path(), &[], &[]);
    assert_eq!(score(&server, OPEN), posted);
    assert_eq!(server.post("/v1/events", &touch("e3", OPEN, 5, 2.5))["duplicates"], 1);
    assert_eq!(metric(&server, "plumb_posted_rows_waiting"), 3);

    company.plumb(&["ingest"]);
    assert_eq!(score(&server, OPEN), posted, "the ingestion changes no bit");
    assert_eq!(metric(&server, "plumb_posted_rows_waiting"), 0);
    assert_eq!(ingested_ids(&company, OPEN), ["e1", "e2", "e3"].map(|id| (id.to_owned(), 1)).into());

    // What is corrected later replaces what the ground has.
    let corrected = server.post("/v1/events", &touch("e1", OPEN, 3, 0.0));
    assert_eq!(corrected["results"][0]["status"], "corrected", "{corrected}");
    let later = score(&server, OPEN);
    assert_ne!(later, posted);
    company.plumb(&["ingest"]);
    assert_eq!(score(&server, OPEN), later);
    assert!(company.plumb(&["verify"]).contains("0 "), "posted rows are no skew");
    server.stop();
}

#[test]
fn a_lead_that_only_was_posted_is_scored() {
    let company = Touched::with("").trained();
    let server = Server::start(company.path(), &[], &[]);
    let early = server.post("/v1/events", &touch("n1", "web:1", 3, 1.0));
    assert_eq!(early["results"][0]["matched"], false, "{early}");
    assert!(early["hint"].as_str().is_some_and(|hint| hint.contains("no lead yet")), "{early}");
    let unknown = server.post("/v1/score", &json!({ "target": "won", "lead_id": "web:1" }));
    assert_eq!(unknown["error"]["code"], "unknown_lead", "{unknown}");
    let lead = json!({ "lead_key": "web:1", "created_at": "2026-05-30T00:00:00Z", "employees": 40, "colour": "red" });
    let answer = server.post("/v1/leads", &lead);
    assert_eq!((&answer["accepted"], &answer["results"][0]["unused"]), (&json!(1), &json!(["colour"])), "{answer}");
    assert_eq!(server.post("/v1/leads", &lead)["duplicates"], 1);
    let first = score(&server, "web:1");
    assert_eq!(server.post("/v1/events", &json!({ "events": [touch("n2", "web:1", 4, 1.5)] }))["accepted"], 1);
    server.post("/v1/leads", &json!([{ "lead_key": "web:1", "employees": 60 }, { "lead_key": OPEN, "employees": 61 }]));
    let (posted, open) = (score(&server, "web:1"), score(&server, OPEN));
    assert_ne!(posted, first);
    company.plumb(&["ingest"]);
    assert_eq!((score(&server, "web:1"), score(&server, OPEN)), (posted, open));
    assert_eq!(ingested_ids(&company, "web:1").len(), 2);
}

#[test]
fn wrong_rows_are_said_one_by_one() {
    let company = Touched::with("");
    let server = Server::start(company.path(), &[], &[]);
    #[track_caller]
    fn check(server: &Server, path: &str, body: &Value, expected: &str) {
        let answer = server.post(path, body);
        assert!(answer["error"]["message"].as_str().is_some_and(|message| message.contains(expected)), "{answer}");
    }
    let late = json!({ "event_id": "x", "lead_key": OPEN, "kind": "touch", "at": "2026-06-01T00:06:00Z" });
    check(&server, "/v1/events", &late, "at most 5 minutes ahead");
    let dated = json!({ "event_id": "x", "lead_key": OPEN, "kind": "touch", "known_at": "2026-01-01T00:00:00Z" });
    check(&server, "/v1/events", &dated, "field `known_at` cannot be sent");
    check(&server, "/v1/events", &json!({ "lead_key": OPEN, "kind": "touch" }), "field `event_id` is missing");
    check(&server, "/v1/events", &touch("", OPEN, 3, 1.0), "field `event_id` is empty");
    let text = json!({ "event_id": "x", "lead_key": OPEN, "kind": "touch", "minutes": "many" });
    check(&server, "/v1/events", &text, "field `minutes` is `\"many\"`: expected a number");
    check(&server, "/v1/leads", &json!({ "lead_key": OPEN }), "says nothing of the lead");
    check(&server, "/v1/events", &json!([]), "no events");
    let mixed = json!([touch("m1", OPEN, 3, 1.0), { "event_id": "m2" }, 7, touch("m3", OPEN, 4, 1.0)]);
    assert_eq!(server.status("/v1/events", &[("content-type", "application/json")], Some(&mixed.to_string())), 207);
    let answer = server.post("/v1/events", &mixed);
    let words: Vec<&str> =
        answer["results"].as_array().expect("a list").iter().filter_map(|row| row["status"].as_str()).collect();
    assert_eq!(words, ["duplicate", "rejected", "rejected", "duplicate"], "{answer}");
    assert_eq!(answer["results"][1]["error"], json!({ "field": "lead_key", "message": "is missing: expected text" }));
    assert_eq!((&answer["results"][1]["id"], &answer["results"][2]["id"]), (&json!("m2"), &Value::Null));
    assert!(metric(&server, "plumb_posted_rows_rejected_total") >= 4);
}

#[test]
fn what_was_acknowledged_before_a_kill_is_there_once() {
    let company = Touched::with("");
    let mut acknowledged = BTreeMap::new();
    for round in 0..4 {
        let server = Server::start(company.path(), &[], &[]);
        let address = server.address.clone();
        let (sender, received) = std::sync::mpsc::channel();
        let poster = std::thread::spawn(move || {
            for number in 0..10_000 {
                let id = format!("{round}-{number}");
                let body = touch(&id, OPEN, 3, 1.0).to_string();
                let request = ureq::post(format!("{address}/v1/events")).header("content-type", "application/json");
                // Once it is killed nobody answers.
                if request.send(body).is_err() || sender.send(id).is_err() {
                    return;
                }
            }
        });
        for _ in 0..15 + 10 * round {
            acknowledged.insert(received.recv().expect("the server answers"), 1);
        }
        server.kill();
        poster.join().expect("it ends");
        acknowledged.extend(received.try_iter().map(|id| (id, 1)));
        if round == 1 {
            company.plumb(&["ingest"]);
        }
    }
    company.plumb(&["ingest"]);
    let ingested = ingested_ids(&company, OPEN);
    let lost: Vec<&String> = acknowledged.keys().filter(|id| !ingested.contains_key(*id)).collect();
    assert!(lost.is_empty(), "{lost:?}");
    assert!(ingested.values().all(|times| *times == 1), "{ingested:?}");
    assert!(ingested.len() <= acknowledged.len() + 4, "at most one a round was on its way");
}

#[test]
fn a_project_with_sql_of_its_own_has_posted_rows_after_an_ingestion() {
    let company = Touched::with("").trained();
    let sql = "SELECT lead_key, lower(kind) AS kind, at, received_at AS known_at, event_id AS posted_id,\n  \
               CAST(field_minutes AS DOUBLE) AS minutes FROM posted_events.records\n";
    let server = Server::start(company.path(), &[], &[]);
    server.post("/v1/events", &touch("e1", OPEN, 3, 4.25));
    server.stop();
    crate::setup::folder::write(company.path(), "sources/event.posted.sql", sql);
    let server = Server::start(company.path(), &[], &[]);
    let before = score(&server, OPEN);
    let answer = server.post("/v1/events", &touch("e2", OPEN, 4, 4.25));
    assert_eq!(answer["counts_at_once"], false, "{answer}");
    assert!(answer["hint"].as_str().is_some_and(|hint| hint.contains("plumb ingest")), "{answer}");
    assert_eq!(score(&server, OPEN), before);
    company.plumb(&["ingest"]);
    assert!(score(&server, OPEN).0 > before.0);
    assert_eq!(ingested_ids(&company, OPEN).len(), 2);
}
