//! The champion scores all open leads.

use insta::assert_snapshot;

use super::stages;
use crate::setup::redaction::redacted;

#[test]
fn values_that_training_never_saw_are_reported() {
    assert_snapshot!(redacted(stages::scoring_output()), @r"
    converted: 429 open leads scored: 38 A, 36 B, 94 C, 261 D
      89 rows have `channel` = `tiktok_ads`, which was not in the training data: it counts as missing
    ");
}
