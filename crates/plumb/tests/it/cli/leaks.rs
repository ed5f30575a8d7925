//! A feature that gives the outcome away: models are trained without it, and only a person brings it back.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::setup::folder::replace;
use crate::setup::program::column;
use crate::setup::redaction::redacted_figures;
use crate::setup::shop::Shop;

/// Returns the features that the champion sees, in the order of the files.
fn seen_by_champion(shop: &Shop) -> Vec<String> {
    let status = shop.json(&["status"]);
    let champion = status["targets"][0]["models"][0].clone();
    assert_eq!(champion["role"], json!("champion"), "{champion}");
    let sees =
        |feature: &&Value| feature["seen_by"].as_array().is_some_and(|models| models.contains(&champion["model_id"]));
    let features = status["features"].as_array().expect("a list").iter().filter(sees);
    features.map(|feature| feature["name"].as_str().expect("a name").to_owned()).collect()
}

#[test]
fn the_first_champion_is_trained_without_a_suspected_leak() {
    let shop = Shop::ingested(700);
    assert_snapshot!(redacted_figures(&shop.plumb(&["train"])));
    assert_eq!(seen_by_champion(&shop), ["employees", "channel"]);

    let outcome = &shop.json(&["train"])[0];
    assert_eq!((&outcome["leaks"][0]["column"], &outcome["left_out"]), (&json!("fee"), &json!(["fee"])));
    let auc = |card: &Value| card["metrics"]["auc"]["value"].as_f64().expect("measured");
    let chosen = &outcome["candidates"][outcome["chosen"].as_u64().expect("a place") as usize];
    let with_suspects = &outcome["with_suspects"];
    assert!(auc(chosen) < 0.9 && auc(with_suspects) > 0.98, "{} and {}", auc(chosen), auc(with_suspects));

    // What is left out is left out again, and what is scored is what was trained.
    for card in [chosen, with_suspects] {
        let reproduced = shop.plumb(&["reproduce", card["model_id"].as_str().expect("an id")]);
        assert!(reproduced.contains("is reproduced"), "{reproduced}");
    }
    shop.plumb(&["score"]);
    shop.plumb(&["verify"]);

    // A person may know better, and has to say why.
    let model_id = with_suspects["model_id"].as_str().expect("an id");
    let promoted = shop.plumb(&["promote", "--target", "won", "--model", model_id, "--why", "paid in advance"]);
    assert!(promoted.contains("warning: it sees suspected leaks") && promoted.contains("`fee`: of"), "{promoted}");
    let whys = column(&shop.path().join("data/plumb.db"), "SELECT why FROM stage_change ORDER BY change_id");
    assert_eq!(whys.last().map(String::as_str), Some("paid in advance; in spite of suspected leaks: `fee`"));
    assert_eq!(seen_by_champion(&shop), ["employees", "channel", "fee"]);
}

#[test]
fn a_retraining_by_rule_does_not_bring_a_leak_in() {
    let shop = Shop::ingested(3_000);
    shop.write("features/lead.sql", "SELECT l.channel AS channel");
    shop.plumb(&["train", "--as-of", "2025-06-01"]);
    // The features that are added tell the size, and the outcome.
    shop.write("features/lead.sql", crate::setup::shop::FEATURES);
    let toml = std::fs::read_to_string(shop.path().join("plumb.toml")).expect("it is there");
    shop.write("plumb.toml", &format!("{toml}\n[retrain]\npromote = \"if_better\"\n"));
    let outcome = &shop.json(&["retrain"])[0];
    assert_eq!(outcome["left_out"], json!(["fee"]));
    assert_eq!(outcome["decision"]["kind"], "promoted", "the honest challenger is better: {}", outcome["comparison"]);
    assert_eq!(seen_by_champion(&shop), ["employees", "channel"]);
}

#[test]
fn a_project_says_which_features_are_known_before_the_outcome_and_which_are_left_out() {
    let shop = Shop::ingested(700);
    replace(shop.path(), "plumb.toml", "horizon = \"30d\"", "horizon = \"30d\"\nknown_before = [\"fee\"]");
    let outcome = &shop.json(&["train"])[0];
    assert_eq!(
        (&outcome["leaks"], &outcome["left_out"], &outcome["with_suspects"]),
        (&json!([]), &json!([]), &Value::Null)
    );
    assert_eq!(seen_by_champion(&shop), ["employees", "channel", "fee"]);
    let notes = outcome["candidates"][0]["notes"].to_string();
    assert!(notes.contains("`fee` looks like a leak, and plumb.toml says that it is known before"), "{notes}");

    replace(shop.path(), "plumb.toml", "known_before = [\"fee\"]", "leave_out = [\"fee\", \"channel\"]");
    let outcome = &shop.json(&["train"])[0];
    assert_eq!((&outcome["leaks"], &outcome["left_out"]), (&json!([]), &json!(["channel", "fee"])));
    replace(shop.path(), "plumb.toml", "\"channel\"", "\"chanel\"");
    assert_snapshot!(
        shop.plumb_fails(&["train"]),
        @"error: plumb.toml: key `target.won.leave_out` names `chanel`, which is no feature: did you mean `channel`?"
    );
}

#[test]
fn nothing_is_trained_on_leaks_alone() {
    let shop = Shop::ingested(700);
    shop.write("features/lead.sql", "SELECT l.fee AS fee");
    let error = shop.plumb_fails(&["train"]);
    assert!(error.contains("every feature of `won` is a suspected leak or left out"), "{error}");
    assert!(error.contains("`fee`: ") && error.contains("[target.won] known_before"), "{error}");
    let status = shop.json(&["status"]);
    assert_eq!(status["targets"][0]["models"], json!([]), "there is no champion");
}
