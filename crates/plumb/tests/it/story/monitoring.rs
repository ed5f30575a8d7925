//! Each week is compared with what the champion was trained on.

use insta::assert_snapshot;

use super::stages;
use crate::setup::redaction::redacted_figures;

#[test]
fn the_new_channel_raises_an_alert_once() {
    let company = stages::trained();
    let watch = ["watch", "--target", "converted"];
    assert_snapshot!(
        redacted_figures(&company.plumb(&watch)),
        @"converted, since the week of 2026-02-09: `channel`: 9 % of the week's leads have `tiktok_ads`, which was not in the training data; the model scores them as if the value were missing. If it is here to stay, run `plumb retrain` once their outcomes are known"
    );
    assert_snapshot!(company.plumb(&watch), @"converted: no new alerts; the monitoring page shows each week");
    let server = company.serve();
    assert!(server.page("/watch").contains("tiktok_ads"));
    server.stop();
}
