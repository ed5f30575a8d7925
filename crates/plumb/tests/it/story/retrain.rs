//! A challenger is trained with what was learned since, promoted, and rolled back.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::stages::{self, champion};
use crate::setup::redaction::{redacted, redacted_figures};

#[test]
fn champion_and_challenger_are_compared_on_rows_that_neither_knew() {
    let retraining = stages::retraining();
    let printed = &retraining.printed;
    assert!(printed.contains(&format!("champion `{}`", retraining.before)), "{printed}");
    assert_snapshot!(redacted_figures(printed));
}

#[test]
fn a_flagged_score_is_learned_from_at_half_weight() {
    let retraining = stages::retraining();
    let cards = retraining.cards["models"].as_array().expect("a list");
    let card = cards.iter().find(|card| card["model_id"] == json!(retraining.after)).expect("the champion has a card");
    let notes: Vec<&str> = card["notes"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    assert_snapshot!(redacted_figures(&notes.join("\n")), @r"
    reps' flags: 1 opinion whose outcome is still open was learned from at half weight, and 0 rows were left out because the lead is none or its data was wrong
    measured as of 29 Apr 2026, by a fit of the same kind that knew nothing later, on the leads that came from then on; the model itself knows all that was known by 1 Nov 2026
    ");
}

#[test]
fn a_running_server_serves_the_new_champion() {
    let retraining = stages::retraining();
    assert_ne!(retraining.after, retraining.before);
    assert_eq!(retraining.rescored["model_id"], json!(retraining.after));
}

#[test]
fn a_rollback_makes_the_champion_before_champion_again() {
    let company = stages::retrained();
    let server = company.serve();
    assert_eq!(champion(&server), stages::retraining().after);
    assert_snapshot!(
        redacted(&company.plumb(&["rollback", "--target", "converted", "--why", "a drill"])),
        @"logistic `[id 1]` is the champion again: it scores `converted`"
    );
    assert_eq!(champion(&server), stages::retraining().before);
    assert_snapshot!(
        redacted(&company.plumb_fails(&["rollback", "--target", "converted"])),
        @"error: target `converted` has no champion to go back to: only one model was promoted so far"
    );
    server.stop();
}

#[test]
fn variants_share_the_requests_until_they_are_removed() {
    let company = stages::retrained();
    let before = &*stages::retraining().before;
    let variants =
        |change: &[&str]| redacted(&company.plumb(&[&["variants", "--target", "converted"][..], change].concat()));
    assert_snapshot!(variants(&["set", "blue", "--model", before, "--weight", "3"]), @r"
    AllTraffic: the champion, 25.0 % of the requests
    blue: [id 1], 75.0 % of the requests
    ");
    assert_snapshot!(variants(&["set", "green", "--model", before, "--shadow"]), @r"
    AllTraffic: the champion, 25.0 % of the requests
    blue: [id 1], 75.0 % of the requests
    green: [id 1], in the shadow
    ");
    assert_snapshot!(variants(&["remove", "blue"]), @r"
    AllTraffic: the champion, 100.0 % of the requests
    green: [id 1], in the shadow
    ");
    assert_snapshot!(variants(&[]), @r"
    AllTraffic: the champion, 100.0 % of the requests
    green: [id 1], in the shadow
    ");
}
