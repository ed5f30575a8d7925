//! The rows that models were trained on are frozen, listed and compared.

use insta::assert_snapshot;

use super::stages;
use crate::setup::program::change;
use crate::setup::redaction::{redacted, redacted_figures};

#[test]
fn data_sets_are_listed_shown_and_compared() {
    let company = stages::retrained();
    let listed = company.plumb(&["data", "list"]);
    let ids: Vec<&str> = listed.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_snapshot!(redacted(&listed), @r"
    [id 1]  converted    as of 2026-02-01 00:00       4969 rows      1668 leads      784 positive   39 features
    [id 2]  converted    as of 2026-11-01 00:00      10014 rows      3357 leads     1467 positive   39 features
    ");
    assert_snapshot!("columns_of_a_data_set", redacted_figures(&company.plumb(&["data", "show", &ids[0][..8]])));
    assert_snapshot!(redacted(&company.plumb(&["data", "diff", ids[0], ids[1]])), @r"
    [id 1]  converted    as of 2026-02-01 00:00       4969 rows      1668 leads      784 positive   39 features
    [id 2]  converted    as of 2026-11-01 00:00      10014 rows      3357 leads     1467 positive   39 features
    rows: 4969 in both, 0 only in the first, 5045 only in the second
    columns: the same in all rows that are in both
    ");
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
    assert_snapshot!(redacted(&company.plumb(&["data", "diff", &before[0], new])), @r"
    [id 1]  converted    as of 2026-02-01 00:00       4969 rows      1668 leads      784 positive   39 features
    [id 2]  converted    as of 2026-09-02 00:00       8707 rows      2926 leads     1289 positive   39 features
    made of different: ground
    rows: 4969 in both, 0 only in the first, 3738 only in the second
    columns: the same in all rows that are in both
    ");
}

#[test]
fn the_same_rows_are_the_same_data_set() {
    let company = stages::trained();
    let listed = company.plumb(&["data", "list"]);
    let frozen = company.plumb(&["features", "--target", "converted", "--as-of", "2026-02-01"]);
    let mut ids = listed.lines().filter_map(|line| line.split_whitespace().next());
    assert!(ids.any(|id| frozen.contains(id)), "{frozen}{listed}");
    assert_snapshot!(
        redacted(&frozen),
        @"converted: data set `[id 1]`: 4969 rows of 1668 leads, 784 positive, 39 features; 1161 rows are too young to have a label"
    );
}

#[test]
fn features_of_all_leads_are_written_to_a_file() {
    let company = stages::ingested();
    assert_snapshot!(
        company.plumb(&["features", "--out", "features.parquet"]),
        @"4000 leads as of 2026-11-01 00:00 into features.parquet"
    );
    assert!(company.path().join("features.parquet").is_file());
}
