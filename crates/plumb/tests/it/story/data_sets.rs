//! The rows that models were trained on are frozen, listed and compared.

use super::stages;
use crate::setup::program::change;

#[test]
fn data_sets_are_listed_shown_and_compared() {
    let company = stages::retrained();
    let listed = company.plumb(&["data", "list"]);
    let ids: Vec<&str> = listed.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(ids.len() >= 2 && listed.contains("converted    as of 2026-02-01"), "{listed}");
    let shown = company.plumb(&["data", "show", &ids[0][..8]]);
    assert!(shown.contains("days_since_last_interaction") && shown.contains("sql      features/"), "{shown}");
    let different = company.plumb(&["data", "diff", ids[0], ids[1]]);
    assert!(different.contains(" in both, 0 only in the first, "), "{different}");
    assert!(different.contains("columns: the same in all rows that are in both"), "{different}");
}

#[test]
fn data_sets_of_different_ground_say_so() {
    let company = stages::trained();
    let freeze = ["features", "--target", "converted", "--as-of", "2026-09-01"];
    company.plumb(&freeze);
    let before = company.plumb(&["data", "list"]);
    change(
        &company.path().join("crm.db"),
        "INSERT INTO activities (id, lead_id, kind, happened_at, logged_at)
         SELECT max(id) + 1, max(lead_id), 'call', '2026-08-01T09:00:00Z', '2026-08-02T09:00:00Z' FROM activities",
    );
    company.plumb(&["ingest"]);
    // Another day gives other rows, whatever the activity changes.
    company.plumb(&["features", "--target", "converted", "--as-of", "2026-09-02"]);
    let after = company.plumb(&["data", "list"]);
    let ids =
        |listed: &str| listed.lines().filter_map(|line| Some(line.split_whitespace().next()?.to_owned())).collect();
    let (before, after): (Vec<String>, Vec<String>) = (ids(&before), ids(&after));
    let new = after.iter().find(|id| !before.contains(id)).expect("a data set was frozen");
    let different = company.plumb(&["data", "diff", &before[0], new]);
    assert!(different.contains("made of different: ground"), "{different}");
}

#[test]
fn the_same_rows_are_the_same_data_set() {
    let company = stages::trained();
    let listed = company.plumb(&["data", "list"]);
    let frozen = company.plumb(&["features", "--target", "converted", "--as-of", "2026-02-01"]);
    let mut ids = listed.lines().filter_map(|line| line.split_whitespace().next());
    assert!(ids.any(|id| frozen.contains(id)), "{frozen}{listed}");
}

#[test]
fn features_of_all_leads_are_written_to_a_file() {
    let company = stages::ingested();
    let printed = company.plumb(&["features", "--out", "features.parquet"]);
    assert!(printed.contains("leads as of ") && company.path().join("features.parquet").is_file(), "{printed}");
}
