//! The server scores leads that it knows and leads that it does not, and says what a score rests on.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::stages::{self, best_lead};

/// A lead that no system has.
fn new_lead() -> Value {
    json!({ "created_at": "2026-10-30T09:00:00Z", "channel": "referral", "industry": "fintech", "role": "owner" })
}

fn reply() -> Value {
    json!({ "kind": "reply", "at": "2026-10-30T12:00:00Z" })
}

#[test]
fn a_request_gets_the_score_of_the_batch() {
    let company = stages::trained();
    let server = company.serve();
    let best = best_lead(&server);
    assert!(best["brief"]["name"].is_string() && best["reasons"][0]["text"].is_string(), "{best}");
    let lead_id = &best["lead_id"];
    let scored = server.post("/v1/score", &json!({ "target": "converted", "lead_id": lead_id }));
    assert_eq!(
        (&scored["score"], &scored["band"], &scored["reasons"]),
        (&best["score"], &best["band"], &best["reasons"])
    );
    assert!(scored.get("from_request").is_none(), "{scored}");
    let invoked = server.post("/endpoints/converted/invocations", &json!({ "instances": [{ "lead_id": lead_id }] }));
    assert_eq!(invoked["predictions"][0]["score"], best["score"]);
    server.stop();
}

#[test]
fn reasons_are_given_in_the_language_of_the_caller() {
    let company = stages::trained();
    let server = company.serve();
    let [english, german] = ["en", "de"].map(|language| {
        let ranked = server.get_in("/v1/leads?target=converted&limit=3", language);
        ranked["leads"][0]["reasons"].as_array().expect("a list").clone()
    });
    for (one, other) in english.iter().zip(&german) {
        assert_eq!((&one["field"], &one["contribution"]), (&other["field"], &other["contribution"]));
        assert_ne!(one["text"], other["text"], "each sentence of the demo is another in German");
    }
    server.stop();
}

#[test]
fn a_new_lead_is_scored_from_its_fields_and_events() {
    let company = stages::trained();
    let server = company.serve();
    let scored = server.post("/v1/score", &json!({ "target": "converted", "lead": new_lead(), "events": [reply()] }));
    assert!((0.0..=1.0).contains(&scored["score"].as_f64().expect("a score")), "{scored}");
    let with_id = json!({ "target": "converted", "lead_id": "crm:new", "lead": new_lead() });
    assert_eq!(server.post("/v1/score", &with_id)["lead_id"], "crm:new");
    server.stop();
}

#[test]
fn overrides_are_used_and_named_in_the_response() {
    let company = stages::trained();
    let server = company.serve();
    let best = best_lead(&server);
    let overrides = json!({
        "target": "converted", "lead_id": best["lead_id"], "lead": { "budget": 1 }, "events": [reply()],
    });
    let scored = server.post("/v1/score", &overrides);
    assert_eq!(scored["from_request"], json!(["lead.budget", "events"]), "{scored}");
    assert_ne!(scored["score"], best["score"]);
    server.stop();
}

#[test]
fn unknown_fields_and_leads_are_refused() {
    let company = stages::trained();
    let server = company.serve();
    let mut lead = new_lead();
    lead["colour"] = json!("red");
    let refused = server.post("/v1/score", &json!({ "target": "converted", "lead": lead }));
    assert_snapshot!(
        refused["error"]["message"].as_str().unwrap_or_default(),
        @"lead 0 of the request: unknown field `colour`: expected one of budget, channel, company, country, email, employees, experience_years, first_outreach_at, industry, name, owner, phone, placement_fee, role, status, work_permit"
    );
    let refused = server.post("/v1/score", &json!({ "target": "converted", "lead_id": "crm:0" }));
    assert_eq!(refused["error"]["code"], "unknown_lead");
    server.stop();
}
