//! Webhooks of Segment, RudderStack and HubSpot: who may post, and what their messages become.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::setup::server::Server;
use crate::setup::touched::Touched;

const CONFIG: &str = "[webhook.segment]\nsecret = \"${SEGMENT_SECRET}\"\nlead_key = \"sheet:{userId}\"\n\
                      kinds = { \"Page Read\" = \"touch\" }\nfields = { time_spent = \"minutes\", size = \"employees\" }\n\n\
                      [webhook.hubspot]\nsecret = \"${HUBSPOT_SECRET}\"\nlead_key = \"sheet:{objectId}\"\n\
                      fields = { numberofemployees = \"employees\" }\nown_sources = [\"app 7\"]\n";
const SECRETS: [(&str, &str); 2] = [("SEGMENT_SECRET", "segment secret"), ("HUBSPOT_SECRET", "hubspot secret")];

/// Posts a body with headers, and returns the status and the answer.
fn post(server: &Server, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, Value) {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let request = agent.post(format!("{}{path}", server.address)).header("content-type", "application/json");
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let mut answer = request.send(body).expect("the server answers");
    let text = answer.body_mut().read_to_string().expect("a text");
    (answer.status().as_u16(), serde_json::from_str(&text).expect("JSON"))
}

/// Posts notices as HubSpot does.
fn notify(server: &Server, notices: &Value) -> (u16, Value) {
    let (body, now) = (notices.to_string(), chrono::Utc::now().timestamp_millis().to_string());
    let mut mac = Hmac::<Sha256>::new_from_slice(b"hubspot secret").expect("any key");
    mac.update(format!("POSThttps://leads.example.com/v1/webhooks/hubspot{body}{now}").as_bytes());
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    let headers = [("x-hubspot-signature-v3", signature.as_str()), ("x-hubspot-request-timestamp", now.as_str())];
    post(server, "/v1/webhooks/hubspot", &headers, &body)
}

fn score(server: &Server, lead_id: &str) -> f64 {
    let answer = server.post("/v1/score", &json!({ "target": "won", "lead_id": lead_id }));
    answer["score"].as_f64().unwrap_or_else(|| panic!("no score of {lead_id}: {answer}"))
}

#[test]
fn calls_of_segment_and_rudderstack_are_events_and_fields() {
    let company = Touched::with(CONFIG).trained();
    let server = Server::start(company.path(), &[], &SECRETS);
    let before = score(&server, "sheet:496");
    // Its signature was made by openssl: printf BODY | openssl dgst -sha1 -hmac "segment secret".
    let body = r#"{"type":"track","messageId":"m1","userId":"496","event":"Page Read","timestamp":"2026-05-31T03:00:00Z","properties":{"time_spent":4.5,"page":{"path":"/pricing"}}}"#;
    let signed = [("x-signature", "e9966cd1102688f8df4fe4cd466cd7c8e963e801")];
    let (status, answer) = post(&server, "/v1/webhooks/segment", &signed, body);
    assert_eq!((status, &answer["accepted"]), (200, &json!(1)), "{answer}");
    assert_eq!(answer["results"][0]["unused"], json!(["page_path"]), "{answer}");
    assert!(score(&server, "sheet:496") > before);
    let (_, again) = post(&server, "/v1/webhooks/segment", &signed, body);
    assert_eq!(again["duplicates"], 1, "{again}");
    for headers in [&[("x-signature", "00")][..], &[], &[("authorization", "Bearer wrong")]] {
        let (status, answer) = post(&server, "/v1/webhooks/segment", headers, body);
        assert_eq!((status, &answer["error"]["code"]), (401, &json!("webhook_signature")), "{answer}");
    }
    let batch = json!({ "batch": [
        { "type": "identify", "messageId": "m2", "userId": 496, "timestamp": "2026-05-31T04:00:00Z",
          "traits": { "size": "90", "name": "New name", "tags": ["a"] } },
        { "type": "track", "messageId": "m3", "event": "Page Read" },
        { "type": "group", "messageId": "m4", "userId": "496" },
        { "type": "page", "messageId": "m5", "userId": "496", "name": "Home", "timestamp": "2026-05-31T05:00:00Z" },
    ] });
    // rudder:segment secret
    let basic = [("authorization", "Basic cnVkZGVyOnNlZ21lbnQgc2VjcmV0")];
    let (status, answer) = post(&server, "/v1/webhooks/segment", &basic, &batch.to_string());
    let counts = ["accepted", "rejected", "ignored"].map(|name| answer[name].as_u64().expect("a number"));
    assert_eq!((status, counts), (200, [2, 1, 1]), "{answer}");
    let wrong = answer["results"].as_array().expect("a list").iter().find(|row| row["status"] == "rejected");
    assert_eq!(wrong.expect("one")["error"]["field"], "userId", "{answer}");
    assert_eq!(answer["results"][0]["unused"], json!(["tags"]), "{answer}");
    let posted = score(&server, "sheet:496");
    company.plumb(&["ingest"]);
    assert_eq!(score(&server, "sheet:496"), posted);
}

#[test]
fn notices_of_hubspot_are_fields_and_events() {
    let company = Touched::with(CONFIG).trained();
    let server = Server::start(company.path(), &[], &SECRETS);
    let at = |hour: u64| 1_780_185_600_000 + hour * 3_600_000;
    let change = |event: u64, hour: u64, value: &str| {
        json!({
            "eventId": event, "subscriptionId": 5, "subscriptionType": "contact.propertyChange", "objectId": 496,
            "occurredAt": at(hour), "propertyName": "numberofemployees", "propertyValue": value, "changeSource": "CRM_UI",
        })
    };
    let (status, answer) = notify(&server, &json!([change(1, 3, "90")]));
    assert_eq!(
        (status, &answer["accepted"], &answer["results"][0]["matched"]),
        (200, &json!(1), &json!(true)),
        "{answer}"
    );
    let posted = score(&server, "sheet:496");
    // Sent once more, sent too late, our own, another object's, and one that the column does not take.
    let mut own = change(3, 5, "7");
    own["sourceId"] = json!("app 7");
    let company_notice =
        json!({ "eventId": 4, "subscriptionType": "company.creation", "objectId": 9, "occurredAt": at(3) });
    let (_, answer) =
        notify(&server, &json!([change(1, 3, "90"), change(2, 1, "3"), own, company_notice, change(5, 6, "many")]));
    let words: Vec<&str> =
        answer["results"].as_array().expect("a list").iter().filter_map(|row| row["status"].as_str()).collect();
    assert_eq!((words, &answer["ignored"]), (vec!["duplicate", "overtaken", "accepted"], &json!(2)), "{answer}");
    assert_eq!(answer["results"][2]["unused"], json!(["employees"]), "{answer}");
    assert_eq!(score(&server, "sheet:496"), posted);

    let created =
        json!({ "eventId": 6, "subscriptionType": "contact.creation", "objectId": 9001, "occurredAt": at(2) });
    let linked = json!({
        "eventId": 7, "subscriptionType": "contact.associationChange", "objectId": 496, "occurredAt": at(7),
    });
    let (_, answer) = notify(&server, &json!([created, linked]));
    assert_eq!(answer["accepted"], 2, "{answer}");
    let (new, old) = (score(&server, "sheet:9001"), score(&server, "sheet:496"));
    company.plumb(&["ingest"]);
    assert_eq!((score(&server, "sheet:9001"), score(&server, "sheet:496")), (new, old));

    // An old signature, and one of another body.
    let headers = [("x-hubspot-signature-v3", "AAAA"), ("x-hubspot-request-timestamp", "1772323200000")];
    let (status, answer) = post(&server, "/v1/webhooks/hubspot", &headers, "[]");
    assert!(
        status == 401 && answer["error"]["message"].as_str().is_some_and(|why| why.contains("five minutes")),
        "{answer}"
    );
}

/// Returns a notice of what happened to a contact at an hour of the last day.
fn happened(event: u64, change: &str, contact: u64, hour: u64) -> Value {
    json!({
        "eventId": event, "subscriptionType": format!("contact.{change}"), "objectId": contact,
        "occurredAt": 1_780_185_600_000_u64 + hour * 3_600_000,
    })
}

/// Returns whether leads can be scored, and whether they are on the list.
fn there(server: &Server, lead_ids: &[&str]) -> Vec<(bool, bool)> {
    let list = server.get("/v1/leads?limit=500");
    let listed =
        |lead_id: &str| list["leads"].as_array().expect("a list").iter().any(|lead| lead["lead_id"] == lead_id);
    let is_known = |lead_id: &str| {
        let answer = server.post("/v1/score", &json!({ "target": "won", "lead_id": lead_id }));
        let is_known = answer["score"].is_number();
        assert!(is_known || answer["error"]["code"] == "unknown_lead", "{answer}");
        is_known
    };
    lead_ids.iter().map(|lead_id| (is_known(lead_id), listed(lead_id))).collect()
}

#[test]
fn contacts_that_are_deleted_or_merged_are_gone_at_once_and_for_good() {
    let company = Touched::with(CONFIG).trained();
    company.plumb(&["score"]);
    let server = Server::start(company.path(), &[], &SECRETS);
    let leads = ["sheet:493", "sheet:494", "sheet:495", "sheet:496"];
    let all = [(true, true); 4];
    assert_eq!(there(&server, &leads), all);
    let before = score(&server, "sheet:496");

    // 493 is merged into 496, 494 deleted, 495 deleted and restored.
    let mut merge = happened(1, "merge", 496, 5);
    merge["primaryObjectId"] = json!(496);
    merge["mergedObjectIds"] = json!([493]);
    let notices = json!([merge, happened(2, "privacyDeletion", 494, 5), happened(3, "deletion", 495, 5)]);
    let (_, answer) = notify(&server, &notices);
    assert_eq!((&answer["accepted"], &answer["hint"]), (&json!(3), &Value::Null), "{answer}");
    let gone = [(false, false), (false, false), (false, false), (true, true)];
    assert_eq!(there(&server, &leads), gone);
    let late = happened(4, "deletion", 495, 6);
    let (_, answer) = notify(&server, &json!([happened(5, "restore", 495, 7), late]));
    let words: Vec<&str> =
        answer["results"].as_array().expect("a list").iter().filter_map(|row| row["status"].as_str()).collect();
    assert_eq!(words, ["accepted", "overtaken"], "{answer}");
    let restored = |is_listed| [(false, false), (false, false), (true, is_listed), (true, true)];
    assert_eq!(there(&server, &leads), restored(false));
    let (_, answer) = notify(&server, &json!([happened(9, "merge", 496, 5)]));
    assert_eq!(answer["results"][0]["error"]["field"], "mergedObjectIds", "{answer}");

    // A scoring before the ingestion, and a restart, bring nobody back.
    company.plumb(&["score"]);
    assert_eq!(there(&server, &leads), restored(true));
    server.stop();
    let server = Server::start(company.path(), &[], &SECRETS);
    assert_eq!(there(&server, &leads), restored(true));

    company.plumb(&["ingest"]);
    company.plumb(&["score"]);
    // 493 was created first: the lead of both has its id.
    assert_eq!(there(&server, &leads), [(true, true), (false, false), (true, true), (false, false)]);
    assert!(score(&server, "sheet:493") != before, "it has the events of both");
}

#[test]
fn a_webhook_without_a_secret_is_closed() {
    let company = Touched::with("");
    let server = Server::start(company.path(), &[], &[]);
    for name in ["segment", "hubspot"] {
        let (status, answer) = post(&server, &format!("/v1/webhooks/{name}"), &[("x-signature", "00")], "{\"a\":1}");
        assert_eq!((status, &answer["error"]["code"]), (404, &json!("no_webhook")), "{answer}");
        assert!(
            answer["error"]["hint"].as_str().is_some_and(|hint| hint.contains(&format!("[webhook.{name}]"))),
            "{answer}"
        );
    }
}
