//! Labels from outside stand below what the company's own systems know.

use insta::assert_snapshot;
use serde_json::json;

use super::stages;
use crate::setup::folder::write;
use crate::setup::labels::line;
use crate::setup::redaction::redacted_figures;

/// Each of the oldest leads is labelled once as converted and once as not; where the sources know, one of the two is
/// wrong.
#[test]
fn labels_that_contradict_the_sources_are_reported() {
    let company = stages::trained();
    let server = company.serve();
    let mut lines = String::new();
    for lead_id in (10_001..=10_040).map(|number| format!("crm:{number}")) {
        let scored = server.post("/v1/score", &json!({ "target": "converted", "lead_id": lead_id }));
        if scored["score"].is_null() {
            continue;
        }
        for label in ["0", "1"] {
            let (event, body) = (format!("{lead_id} is {label}"), json!({ "lead_id": lead_id }).to_string());
            server.invoke("converted", "application/json", Some(&event), body);
            lines += &line(&event, label);
        }
    }
    write(company.path(), "labels/2999/01/01/00/all.jsonl", &lines);
    // A request for the list waits until all earlier predictions are in the store.
    server.get("/v1/leads?target=converted");
    let printed = company.plumb(&["ground-truth", "labels"]);
    server.stop();
    assert_snapshot!(redacted_figures(&printed), @r"
    1 files, 80 events with labels: 80 new, 0 unchanged, 0 changed by a later line, 0 older than stored labels
    overridden: `crm:10001 is 0` labels lead `crm:10001` as 0, and the outcome in the sources is 1
    overridden: `crm:10002 is 1` labels lead `crm:10002` as 1, and the outcome in the sources is 0
    overridden: `crm:10003 is 1` labels lead `crm:10003` as 1, and the outcome in the sources is 0
    overridden: `crm:10004 is 1` labels lead `crm:10004` as 1, and the outcome in the sources is 0
    overridden: `crm:10005 is 1` labels lead `crm:10005` as 1, and the outcome in the sources is 0
    overridden: 35 more such labels
    converted, model [id 1], AllTraffic: 80 predictions with labels, 14 positive, [n] expected
      AUC [n] ([n] to [n]), log loss [n] ([n] to [n]), Brier [n] ([n] to [n])
      at the threshold [n]: precision [n] ([n] to [n]), recall [n] ([n] to [n])
    ");
}
