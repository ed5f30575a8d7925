//! Lists: they are read in parts, show what was predicted last, and keep nobody else waiting.

use chrono::{TimeDelta, Utc};
use plumb_lead::Prediction;
use serde_json::{Value, json};

use super::support::{Server, brief, config};
use crate::http::Config;
use crate::scoring::tests::columns_model;
use crate::store::tests::{hour_of_new_year, prediction};

/// Stores predictions of leads that the sources know.
fn store(server: &Server, predictions: &[Prediction]) {
    server.runtime.block_on(async {
        let mut briefs: Vec<_> =
            predictions.iter().map(|prediction| brief(&prediction.lead_id, &prediction.lead_id)).collect();
        briefs.dedup();
        server.store.put_lead_briefs(&briefs).await.expect("written");
        server.store.insert_predictions(predictions).await.expect("new");
    });
}

/// Returns the items of a list in all answers, and how many answers there were.
fn all(server: &Server, path: &str, list: &str) -> (Vec<Value>, usize) {
    let (mut items, mut answers, mut address) = (Vec::new(), 0, path.to_owned());
    loop {
        let mut answer = server.get(&address).json();
        answers += 1;
        items.append(answer[list].as_array_mut().unwrap_or_else(|| panic!("no `{list}` in the answer to {address}")));
        let Some(next) = answer["next"].as_str() else { return (items, answers) };
        address = format!("{path}&after={next}");
    }
}

#[test]
fn the_list_is_read_part_after_part() {
    let server = Server::start(&["converted"]);
    let score = |row: usize| [0.02, 0.3, 0.55, 0.97][row % 4];
    let rows: Vec<_> =
        (0..230).map(|row| prediction(&format!("p{row:03}"), &format!("lead {row:03}"), 1, score(row))).collect();
    store(&server, &rows);
    let (whole, answers) = all(&server, "/v1/leads?limit=500", "leads");
    assert_eq!((whole.len(), answers), (230, 1));
    let (parts, answers) = all(&server, "/v1/leads?limit=40", "leads");
    assert_eq!((&parts, answers), (&whole, 6));
    let (best, answers) = all(&server, "/v1/leads?band=A&limit=20", "leads");
    assert_eq!((best.as_slice(), answers), (&whole[..57], 3));
    // A part that begins behind a lead which has moved goes on where that lead was.
    let next = server.get("/v1/leads?limit=10").json()["next"].as_str().expect("there are more").to_owned();
    store(&server, &[prediction("p999", whole[9]["lead_id"].as_str().expect("an id"), 1, 0.01)]);
    let after = server.get(&format!("/v1/leads?limit=1&after={next}")).json();
    assert_eq!(after["leads"][0], whole[10]);

    let page = server.get("/?target=converted").text;
    let link = page.split("rel=\"next\" href=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a next page");
    let second = server.get(&link.replace("&amp;", "&")).text;
    assert!(second.contains("← best") && second.contains("next →") && !page.contains("← best"), "{second}");
    assert!(page.contains("lead 003") && !second.contains("lead 003"), "{second}");
    server.get("/v1/leads?after=40").refuses(400, "bad_field", "`next` of an answer");
    server.get("/v1/leads?offset=40").refuses(400, "bad_request", "offset");
    assert_eq!(server.get("/?after=40").status, 400);
}

#[test]
fn a_lead_with_very_many_predictions_is_shown_in_parts() {
    let server = Server::start(&["converted"]);
    let rows: Vec<_> = (0..700).map(|row| prediction(&format!("p{row:03}"), "ada", 1, 0.5)).collect();
    store(&server, &rows);
    for row in 0..70 {
        let flag = json!({ "prediction_id": format!("p{row:03}"), "complaint": "too_low" });
        assert_eq!(server.post_json("/v1/feedback", &flag).status, 201);
    }
    let first = server.get("/v1/leads/ada").json();
    assert_eq!(
        (first["predictions"].as_array().map(Vec::len), first["feedback"].as_array().map(Vec::len)),
        (Some(20), Some(20))
    );
    assert_eq!(first["predictions"][0]["prediction_id"], "p699", "the one made last");
    assert_eq!(all(&server, "/v1/leads/ada?limit=99", "predictions").0.len(), 700);
    let (flags, answers) = all(&server, "/v1/leads/ada?limit=30", "feedback");
    assert_eq!((flags.len(), flags[0]["prediction_id"].as_str(), answers), (70, Some("p069"), 24));
    let page = server.get("/leads/ada");
    assert!(page.status == 200 && page.text.len() < 100_000, "{} bytes", page.text.len());
    server.get("/v1/leads/ada?limit=101").refuses(400, "bad_field", "1 to 100");
    server.get("/v1/leads/ada?after=x").refuses(400, "bad_field", "after");
}

#[test]
fn a_time_to_come_is_refused_and_moves_nothing() {
    let server = Server::start(&["converted"]);
    server.promote(&columns_model());
    let scored = |as_of: &str| {
        let features = json!({ "age": 30, "channel": "referral" });
        server.post_json(
            "/v1/score",
            &json!({ "target": "converted", "lead_id": "ada", "features": features, "as_of": as_of }),
        )
    };
    scored("9999-01-01T00:00:00Z").refuses(
        400,
        "bad_field",
        "`as_of` is 9999-01-01T00:00:00+00:00, which is still to come",
    );
    scored(&(Utc::now() + TimeDelta::minutes(9)).to_rfc3339()).refuses(400, "bad_field", "5 minutes");
    assert_eq!(scored(&(Utc::now() + TimeDelta::minutes(2)).to_rfc3339()).status, 200, "clocks differ");
    let last = scored("2020-01-01T00:00:00Z").json();
    let listed = &server.get("/v1/leads").json()["leads"];
    assert_eq!(listed[0]["prediction_id"], last["prediction_id"], "the one made last: {listed}");
    assert_eq!(server.get("/v1/leads/ada").json()["predictions"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_simulated_clock_is_the_one_that_counts() {
    let server = Server::configured(Config { fixed_now: Some(hour_of_new_year(12)), ..config() });
    server.promote(&columns_model());
    let scored = |hour: u32| {
        let as_of = hour_of_new_year(hour).to_rfc3339();
        server.post_json("/v1/score", &json!({ "target": "converted", "features": { "age": 3 }, "as_of": as_of }))
    };
    assert_eq!(scored(12).status, 200);
    scored(13).refuses(400, "bad_field", "2026-01-01T12:00:00");
}

#[test]
fn those_who_read_lists_keep_no_one_from_health_and_scores() {
    let server = Server::start(&["converted"]);
    let model_id = server.promote(&columns_model());
    assert_eq!(server.get("/v1/health").status, 200);
    let held = server.runtime.block_on(server.store.hold_readers());
    assert_eq!(held.len(), 6, "all connections of lists and of lookups are in use");
    assert_eq!(server.get("/v1/health").json()["models"]["converted"], json!(model_id));
    let body = json!({ "target": "converted", "features": { "age": 30 } });
    assert_eq!(server.post_json("/v1/score", &body).status, 200);
    server.runtime.block_on(async { drop(held) });
    assert_eq!(server.get("/v1/leads").status, 200);
}
