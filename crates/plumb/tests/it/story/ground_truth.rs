//! Labels from outside stand below what the company's own systems know.

use serde_json::json;

use super::stages;
use crate::setup::folder::write;
use crate::setup::labels::line;

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
    let contradicted: Vec<&str> = printed.lines().filter(|line| line.starts_with("overridden: `crm:")).collect();
    assert_eq!(contradicted.len(), 5, "{printed}");
    for line in contradicted {
        let is_labelled = |label: u8, outcome: u8| {
            line.contains(&format!(" is {label}` labels lead `crm:"))
                && line.ends_with(&format!(" as {label}, and the outcome in the sources is {outcome}"))
        };
        assert!(is_labelled(0, 1) || is_labelled(1, 0), "{line}");
    }
    assert!(printed.contains("more such labels") && !printed.contains("unmatched: "), "{printed}");
}
