//! Three systems become leads, events and outcomes; what cannot be read is set aside.

use super::stages;
use crate::setup::demo::Company;

#[test]
fn training_before_ingestion_names_the_next_command() {
    let company = Company::of(100);
    assert!(company.plumb_fails(&["train"]).contains("run `plumb ingest` first"));
}

#[test]
fn all_leads_are_ingested_and_unreadable_rows_are_rejected() {
    let printed = &stages::ingestion().ingest;
    assert!(
        printed.contains("4000 leads in ") && printed.contains("rows in all, listed in data/rejects.csv"),
        "{printed}"
    );
}

#[test]
fn a_second_ingestion_finds_nothing_new() {
    let printed = &stages::ingestion().ingest_again;
    assert!(printed.contains("nothing is new: 4000 leads in "), "{printed}");
}
