//! Each week is compared with what the champion was trained on.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::stages;
use crate::setup::redaction::redacted_figures;

#[test]
fn the_new_channel_raises_an_alert_once_and_people_say_what_becomes_of_it() {
    let company = stages::trained();
    let printed = company.plumb(&["monitor", "--target", "converted"]);
    let listed: Value = serde_json::from_str(&company.plumb(&["alerts", "--json"])).expect("a document");
    let id = listed[0]["id"].as_str().expect("an alert").to_owned();
    assert_snapshot!(
        redacted_figures(&printed.replace(&id, "[id]")),
        @r"
    converted, since the week of 2026-02-09: likely cause: leads come another way
      [id] `channel`, in has_phone = no: 9 % of the week's leads have `tiktok_ads`, which was not in the training data; the model scores them as if the value were missing [5 leads a week, at most 95 a week]
      to do: if it is here to stay, run `plumb retrain` once outcomes of these leads are known; until then rank them by hand
    "
    );
    // By its former name.
    assert_snapshot!(
        company.plumb(&["watch", "--target", "converted"]),
        @"converted: no new alerts; 1 of earlier runs still there: `plumb alerts` lists them"
    );
    assert!(company.plumb(&["alerts", "ack", &id[..6]]).contains("is acknowledged"));
    assert!(company.plumb(&["alerts"]).contains("(acknowledged)"));
    let server = company.serve();
    let page = server.page("/watch");
    assert!(page.contains("tiktok_ads") && page.contains("acknowledged"), "{page}");
    let path = format!("/v1/alerts/{id}");
    let changed = server.post(&path, &json!({ "state": "muted", "muted_until": "2999-01-01T00:00:00Z" }));
    assert_eq!(changed["state"], "muted");
    assert_eq!(server.get("/v1/watch?target=converted")["alerts"][0]["state"], "muted");
    server.stop();
}
