//! Three systems become leads, events and outcomes; what cannot be read is set aside.

use insta::assert_snapshot;

use super::stages;
use crate::setup::demo::Company;
use crate::setup::redaction::redacted;

#[test]
fn training_before_ingestion_names_the_next_command() {
    let company = Company::of(100);
    assert_snapshot!(company.plumb_fails(&["train"]), @"error: no data in `data`: run `plumb ingest` first");
}

#[test]
fn all_leads_are_ingested_and_unreadable_rows_are_rejected() {
    assert_snapshot!(redacted(&stages::ingestion().ingest), @r"
    crm: 61403 rows read, 61403 new
    internal: 1327 rows read, 1327 new
    marketing: 57683 rows read, 57683 new
    4000 leads in 17777 versions, 86529 events, 7055 outcomes
    left out: 574 duplicates, 56 test leads with 56 rows
    unmatched: 501 rows of no lead, and 1 keys that too many leads share, listed in data/ground/000001/unmatched.csv
    note: event, column `at`: 2357 events are dated before their lead was created (`crm:10003`: created 2024-11-01 20:03:00, event 2024-11-01 18:20:18), 1 of them at midnight of that day, as a day without a time is: they stay as they are; if they happened before, leave it so; if a day without a time is meant, write its end in sources/event.sql: `date_trunc('day', at) + INTERVAL '1 day' - INTERVAL '1 second'`
    rejected: marketing/2025-03.jsonl, line 984: not JSON: control character (\u0000-\u001F) found while parsing a string at line 2 column 0
    rejected: marketing/2025-10.jsonl, line 966, field `at`: `yesterday` is not a timestamp: expected year first, as in `2026-03-01T09:30:00+02:00` or `2026-03-01 09:30:00` for UTC
    rejected: marketing/2026-04.jsonl, line 2447: expected a JSON object
    rejected: marketing/2026-09.jsonl, line 1309: not JSON: control character (\u0000-\u001F) found while parsing a string at line 2 column 0
    rejected: 4 rows in all, listed in data/runs/000001/rejects.csv
    ");
}

#[test]
fn a_second_ingestion_finds_nothing_new() {
    assert_snapshot!(redacted(&stages::ingestion().ingest_again), @r"
    crm: 61403 rows read, 0 new
    internal: 1327 rows read, 0 new
    marketing: 0 rows read, 0 new, 24 files unchanged
    nothing is new: 4000 leads in 17777 versions, 86529 events, 7055 outcomes
    left out: 574 duplicates, 56 test leads with 56 rows
    unmatched: 501 rows of no lead, and 1 keys that too many leads share, listed in data/ground/000001/unmatched.csv
    note: event, column `at`: 2357 events are dated before their lead was created (`crm:10003`: created 2024-11-01 20:03:00, event 2024-11-01 18:20:18), 1 of them at midnight of that day, as a day without a time is: they stay as they are; if they happened before, leave it so; if a day without a time is meant, write its end in sources/event.sql: `date_trunc('day', at) + INTERVAL '1 day' - INTERVAL '1 second'`
    rejected: 4 rows in all, listed in data/runs/000001/rejects.csv
    ");
}
