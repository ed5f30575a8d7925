//! CI asks whether a challenger may be promoted: it can be rebuilt, has no leak and is not worse.

use serde_json::{Value, json};

use super::stages;
use crate::setup::demo::Company;
use crate::setup::folder::replace;

const GATE: [&str; 5] = ["gate", "--target", "converted", "--junit", "gate.xml"];

/// Returns a company whose first model is the champion, and the retrained one its challenger.
fn challenged() -> Company {
    let company = stages::retrained();
    company.plumb(&["rollback", "--target", "converted", "--why", "a drill"]);
    let printed = company.plumb(&["train", "--target", "converted"]);
    assert!(printed.contains(&format!("`{}` is the challenger of", stages::retraining().after)), "{printed}");
    company
}

#[test]
fn a_sound_challenger_passes_and_a_changed_project_fails_it() {
    let company = challenged();
    let printed = company.plumb(&GATE);
    assert_eq!((printed.matches("  pass ").count(), printed.matches("  FAIL ").count()), (4, 0), "{printed}");
    let report: Value =
        serde_json::from_str(&company.plumb(&["gate", "--target", "converted", "--json"])).expect("JSON");
    let after = json!(stages::retraining().after);
    assert_eq!((&report[0]["challenger"], &report[0]["checks"][0]["passed"]), (&after, &json!(true)));

    replace(company.path(), "features/1-behaviour.toml", "Quick answer", "Prompt answer");
    let error = company.plumb_fails(&GATE);
    assert!(error.contains("the gate is closed for `converted`"), "{error}");
    let xml = std::fs::read_to_string(company.path().join("gate.xml")).expect("it was written");
    assert!(xml.contains("failures=\"1\"") && xml.contains("<failure message=\"rebuilt as"), "{xml}");
}

#[test]
fn a_target_without_a_challenger_has_nothing_to_pass() {
    let error = stages::retrained().plumb_fails(&["gate", "--target", "approved"]);
    assert!(error.contains("has no challenger to let through"), "{error}");
}
