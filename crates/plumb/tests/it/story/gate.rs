//! CI asks whether a challenger may be promoted: it can be rebuilt, has no leak and is not worse.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::stages;
use crate::setup::demo::Company;
use crate::setup::folder::replace;
use crate::setup::redaction::{redacted_figures, with_short_lists};

const GATE: [&str; 5] = ["gate", "--target", "converted", "--junit", "gate.xml"];

/// Returns a company whose first model is the champion, and the retrained one its challenger.
fn challenged() -> Company {
    let company = stages::retrained();
    company.plumb(&["rollback", "--target", "converted", "--why", "a drill"]);
    let printed = company.plumb(&["train", "--target", "converted", "--json"]);
    assert_snapshot!("training_as_json", redacted_figures(&with_short_lists(&printed)));
    let outcomes: Value = serde_json::from_str(&printed).expect("JSON");
    let nomination = &outcomes[0]["nomination"];
    let after = json!(stages::retraining().after);
    assert_eq!((&nomination["stage"], &nomination["model_id"]), (&json!("challenger"), &after), "{nomination}");
    company
}

#[test]
fn a_sound_challenger_passes_and_a_changed_project_fails_it() {
    let company = challenged();
    assert_snapshot!(redacted_figures(&company.plumb(&GATE)), @r"
    converted: challenger `[id 1]` against champion `[id 2]`
      pass  reproduced  rebuilt to the byte as `[id 1]`
      pass  without leaks  no suspected leak
      pass  not worse than the champion  log loss [n] against [n] on the same 2039 newest rows, lower by [n] standard errors; F0.5 [n] against [n]
      pass  served as trained  the inputs of the last 431 predictions are what the features give
    ");
    let printed = company.plumb(&["gate", "--target", "converted", "--json"]);
    assert_snapshot!("report_of_the_gate_as_json", redacted_figures(&printed));
    let report: Value = serde_json::from_str(&printed).expect("JSON");
    assert_eq!(report[0]["challenger"], json!(stages::retraining().after));

    replace(company.path(), "features/1-behaviour.toml", "Quick answer", "Prompt answer");
    assert_snapshot!(company.plumb_fails(&GATE), @"error: the gate is closed for `converted`");
    let xml = std::fs::read_to_string(company.path().join("gate.xml")).expect("it was written");
    assert_snapshot!(redacted_figures(&xml), @r#"
    <?xml version="[n]" encoding="UTF-8"?>
    <testsuites name="plumb gate">
      <testsuite name="converted" tests="4" failures="1">
        <testcase classname="converted" name="reproduced"><failure message="rebuilt as `[id 1]`: `plumb reproduce [id 2]` says which link broke"/></testcase>
        <testcase classname="converted" name="without leaks"><system-out>no suspected leak</system-out></testcase>
        <testcase classname="converted" name="not worse than the champion"><system-out>log loss [n] against [n] on the same 2039 newest rows, lower by [n] standard errors; F0.5 [n] against [n]</system-out></testcase>
        <testcase classname="converted" name="served as trained"><system-out>the inputs of the last 431 predictions are what the features give</system-out></testcase>
      </testsuite>
    </testsuites>
    "#);
}

#[test]
fn a_target_without_a_challenger_has_nothing_to_pass() {
    assert_snapshot!(
        stages::retrained().plumb_fails(&["gate", "--target", "approved"]),
        @"error: target `approved` has no challenger to let through: run `plumb retrain`"
    );
}
