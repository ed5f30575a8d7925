//! The candidate models are trained side by side, and the best becomes the champion.

use insta::assert_snapshot;

use super::stages;
use crate::setup::redaction::{redacted, redacted_figures};

#[test]
fn scoring_and_retraining_before_training_name_the_next_command() {
    let company = stages::ingested();
    assert_snapshot!(
        company.plumb_fails(&["score"]),
        @"error: target `converted` has no champion yet: run `plumb train` first"
    );
    assert_snapshot!(
        company.plumb_fails(&["retrain"]),
        @"error: target `converted` has no champion to challenge: run `plumb train` first"
    );
}

#[test]
fn a_target_that_does_not_exist_is_refused() {
    assert_snapshot!(
        stages::ingested().plumb_fails(&["train", "--target", "won"]),
        @"error: there is no target `won` in plumb.toml: expected one of `converted`, `approved`"
    );
}

#[test]
fn training_as_of_a_day_before_all_leads_is_refused() {
    assert_snapshot!(
        stages::ingested().plumb_fails(&["train", "--as-of", "2024-10-01"]),
        @"error: cannot train for `converted` : no rows to see what leads are like: widen the time span or check the filters of the sources"
    );
}

#[test]
fn the_leaderboard_has_every_kind_of_model_and_the_profit_of_each_policy() {
    assert_snapshot!(redacted_figures(stages::training_output()));
}

#[test]
fn the_same_data_and_seed_give_the_same_bytes() {
    let (first, again) = (stages::training_output(), stages::trained().plumb(&stages::TRAIN_FIRST));
    let lines = |printed: &str| printed.lines().map(str::to_owned).collect::<Vec<_>>();
    let (mut first, mut again) = (lines(first), lines(&again));
    first.pop();
    assert_snapshot!(
        redacted(again.pop().expect("a last line").trim()),
        @"logistic `[id 1]` is the champion already: nothing has changed"
    );
    assert_eq!(first, again, "the figures are the same");
}
