//! The batch computes again what requests were scored with: training and serving use the same features.

use insta::assert_snapshot;
use serde_json::json;

use super::stages::{self, best_lead};
use crate::setup::demo::Company;
use crate::setup::program::{change, failure, run};

const VERIFY: [&str; 3] = ["verify", "--target", "converted"];

/// Returns a company with predictions of the batch and of a server.
fn served() -> Company {
    let company = stages::trained();
    let server = company.serve();
    let lead_id = best_lead(&server)["lead_id"].clone();
    let lead = json!({ "created_at": "2026-10-30T09:00:00Z", "channel": "referral", "industry": "fintech" });
    let reply = json!({ "kind": "reply", "at": "2026-10-30T12:00:00Z" });
    for request in [
        json!({ "target": "converted", "lead_id": lead_id }),
        json!({ "target": "converted", "lead_id": lead_id, "lead": { "budget": 1 }, "events": [reply] }),
        json!({ "target": "converted", "lead_id": "crm:new", "lead": lead, "events": [reply] }),
    ] {
        assert!(server.post("/v1/score", &request)["score"].is_number());
    }
    // A request for the list waits until all earlier predictions are in the store.
    server.get("/v1/leads?target=converted");
    server.stop();
    company
}

#[test]
fn events_that_were_recorded_later_change_no_logged_input() {
    let company = served();
    let printed = company.plumb(&VERIFY);
    assert_snapshot!(printed, @"converted: 430 predictions checked, 0 inputs differ; 2 rest on rows in requests");
    // A call of long ago that was logged late: it was not known when the predictions were made.
    change(
        &company.path().join("crm.db"),
        "INSERT INTO activities (id, lead_id, kind, happened_at, logged_at)
         SELECT max(id) + 1, max(lead_id), 'call', '2026-10-01T09:00:00Z', '2026-10-02T09:00:00Z' FROM activities",
    );
    assert_snapshot!(company.plumb(&["ingest"]), @r"
    crm: 61404 rows read, 1 new
    internal: 1327 rows read, 0 new
    marketing: 0 rows read, 0 new
    4000 leads in 17777 versions, 86530 events, 7055 outcomes
    left out: 574 duplicates, 56 test leads with 56 rows
    unmatched: 501 rows of no lead, and 1 keys that too many leads share, listed in data/ground/000002/unmatched.csv
    note: event, column `at`: 2358 events are dated before their lead was created (`crm:10003`: created 2024-11-01 20:03:00, event 2024-11-01 18:20:18), 1 of them at midnight of that day, as a day without a time is: they stay as they are; if they happened before, leave it so; if a day without a time is meant, write its end in sources/event.sql: `date_trunc('day', at) + INTERVAL '1 day' - INTERVAL '1 second'`
    rejected: 4 rows in all, listed in data/runs/000002/rejects.csv
    ");
    assert_eq!(company.plumb(&VERIFY), printed);
}

#[test]
fn an_input_that_differs_is_found() {
    let company = served();
    change(
        &company.path().join("data/plumb.db"),
        "UPDATE prediction SET provenance_json = json_replace(provenance_json, '$.inputs[0]', 12345)",
    );
    let output = run(company.path(), &VERIFY);
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(printed.contains(" was 12345 in prediction "), "{printed}");
    assert_snapshot!(
        printed.lines().next().unwrap_or_default(),
        @"converted: 430 predictions checked, 430 inputs differ; 2 rest on rows in requests"
    );
    assert_snapshot!(
        failure(output),
        @"error: training-serving skew: inputs of predictions of `converted` differ from their features"
    );
}
