//! A challenger is trained with what was learned since, promoted, and rolled back.

use serde_json::json;

use super::stages::{self, champion};

#[test]
fn champion_and_challenger_are_compared_on_rows_that_neither_knew() {
    let retraining = stages::retraining();
    let printed = &retraining.printed;
    assert!(printed.contains("rows that neither knew") && printed.contains(&retraining.before), "{printed}");
}

#[test]
fn a_flagged_score_is_learned_from_at_half_weight() {
    let retraining = stages::retraining();
    let cards = retraining.cards["models"].as_array().expect("a list");
    let card = cards.iter().find(|card| card["model_id"] == json!(retraining.after)).expect("the champion has a card");
    let notes = card["notes"].to_string();
    assert!(notes.contains("1 opinion whose outcome is still open was learned from at half weight"), "{notes}");
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
    company.plumb(&["rollback", "--target", "converted", "--why", "a drill"]);
    assert_eq!(champion(&server), stages::retraining().before);
    let error = company.plumb_fails(&["rollback", "--target", "converted"]);
    assert!(error.contains("no champion to go back to"), "{error}");
    server.stop();
}
