//! The candidate models are trained side by side, and the best becomes the champion.

use super::stages;

#[test]
fn scoring_and_retraining_before_training_name_the_next_command() {
    let company = stages::ingested();
    let error = company.plumb_fails(&["score"]);
    assert!(error.contains("target `converted` has no champion yet: run `plumb train` first"), "{error}");
    let error = company.plumb_fails(&["retrain"]);
    assert!(error.contains("run `plumb train` first"), "{error}");
}

#[test]
fn a_target_that_does_not_exist_is_refused() {
    let error = stages::ingested().plumb_fails(&["train", "--target", "won"]);
    assert!(error.contains("expected one of `converted`, `approved`"), "{error}");
}

#[test]
fn training_as_of_a_day_before_all_leads_is_refused() {
    let error = stages::ingested().plumb_fails(&["train", "--as-of", "2024-10-01"]);
    assert!(error.contains("cannot train for `converted`"), "{error}");
}

#[test]
fn the_leaderboard_has_every_kind_of_model() {
    let printed = stages::training_output();
    for kind in ["rules", "logistic", "xgboost"] {
        let is_of_kind = |line: &str| line.trim_start_matches(['*', ' ']).starts_with(kind);
        assert!(printed.lines().any(is_of_kind), "{kind}: {printed}");
    }
    assert!(printed.contains("is the champion: it scores `converted` from now on"), "{printed}");
}

#[test]
fn the_profit_of_each_policy_is_compared_with_the_rules() {
    let printed = stages::training_output();
    for policy in ["largest F0.5", "smallest expected cost", "the best 10 a week"] {
        let line = printed.lines().find(|line| line.trim_start().starts_with(policy)).unwrap_or_default();
        assert!(line.contains("would have earned") && line.contains("by the rules"), "{policy}: {printed}");
    }
}

#[test]
fn the_same_data_and_seed_give_the_same_bytes() {
    let printed = stages::trained().plumb(&stages::TRAIN_FIRST);
    assert!(printed.contains("is the champion already: nothing has changed"), "{printed}");
}
