//! Each week is compared with what the champion was trained on.

use super::stages;

#[test]
fn the_new_channel_raises_an_alert_once() {
    let company = stages::trained();
    let watch = ["watch", "--target", "converted"];
    let printed = company.plumb(&watch);
    assert!(
        printed.contains("`channel`: ") && printed.contains("`tiktok_ads`, which was not in the training data"),
        "{printed}"
    );
    let again = company.plumb(&watch);
    assert!(again.contains("no new alerts"), "an alert is raised once: {again}");
    let server = company.serve();
    assert!(server.page("/watch").contains("tiktok_ads"));
    server.stop();
}
