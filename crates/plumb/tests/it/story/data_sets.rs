//! The rows that models were trained on are frozen, listed and compared.

use super::stages;

#[test]
fn data_sets_are_listed_shown_and_compared() {
    let company = stages::retrained();
    let listed = company.plumb(&["data", "list"]);
    let ids: Vec<&str> = listed.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(ids.len() >= 2 && listed.contains("converted    as of 2026-02-01"), "{listed}");
    let shown = company.plumb(&["data", "show", &ids[0][..8]]);
    assert!(shown.contains("days_since_last_interaction") && shown.contains("sql      features/"), "{shown}");
    let different = company.plumb(&["data", "diff", ids[0], ids[1]]);
    assert!(different.contains(" in both, ") && different.contains("made of different: ground"), "{different}");
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
