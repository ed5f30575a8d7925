//! The champion scores all open leads.

use super::stages;

#[test]
fn values_that_training_never_saw_are_reported() {
    let printed = stages::scoring_output();
    assert!(
        printed.starts_with("converted: ")
            && printed.contains("`channel` = `tiktok_ads`, which was not in the training data"),
        "{printed}"
    );
}
