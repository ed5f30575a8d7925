//! A source that cannot be read: the others are read, what is known of it stays, and everybody is told.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::time::Duration;

use plumb_lake::{Deriving, IngestReport, Source, SourceKind, failed_sources, ingest};

use crate::company::{Company, lock};

const LEAD: &str = r#"{"id":"1","created_at":"2026-01-01","budget":"5"}"#;

/// Ingests the company's files, and one more source.
async fn ingest_beside(company: &Company, other: Source) -> Result<IngestReport, String> {
    let file = |name: &str| (name.to_owned(), Source::new(SourceKind::Jsonl, format!("{name}.jsonl")));
    let mut sources: BTreeMap<String, Source> = ["leads", "events", "outcomes"].map(file).into();
    sources.insert("other".to_owned(), other);
    let lock = lock(&company.data());
    let run = ingest(&sources, &company.files, company.folder.path(), &lock, Deriving::here(&company.limits), &|_| ());
    run.await.map_err(|error| error.to_string())
}

fn failure(report: &IngestReport) -> &str {
    let other = report.sources.iter().find(|source| source.source == "other").expect("it is a source");
    other.failure.as_deref().unwrap_or("")
}

#[tokio::test]
async fn a_source_that_is_away_stops_nobody_and_is_told_until_it_is_back() {
    let company = Company::new(LEAD, "", "");
    let away = Source::new(SourceKind::Csv, "away.csv");
    let report = ingest_beside(&company, away.clone()).await.expect("the others are there");
    assert!(failure(&report).contains("no file matches"), "{}", failure(&report));
    assert_eq!(report.counts.leads, 1);
    let first = failed_sources(&company.data()).expect("readable");
    assert_eq!(first.len(), 1);
    assert!(first[0].source == "other" && first[0].problem.contains("no file matches"), "{first:?}");

    let again = ingest_beside(&company, away.clone()).await.expect("the others are there");
    assert!(again.unchanged && !failure(&again).is_empty());
    assert_eq!(failed_sources(&company.data()).expect("readable"), first, "it is the same failure since then");

    std::fs::write(company.folder.path().join("away.csv"), "id\n1\n").expect("written");
    let back = ingest_beside(&company, away.clone()).await.expect("it is back");
    assert_eq!(failure(&back), "");
    assert!(failed_sources(&company.data()).expect("readable").is_empty());

    std::fs::remove_file(company.folder.path().join("away.csv")).expect("removed");
    let gone = ingest_beside(&company, away).await.expect("the others are there");
    assert!(failure(&gone).contains("no file matches"));
    let rows = plumb_lake::raw_table_records(&company.data(), "other.records").expect("its rows stay");
    assert_eq!(rows.open().expect("readable").names(), ["id"]);
}

#[tokio::test]
async fn a_source_that_hangs_is_given_up_after_its_time() {
    // It takes connections, and never says a word.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = silent.local_addr().expect("it has one");
    let url = format!("postgres://crm@{address}/crm?sslmode=disable");
    let hanging = Source { time_limit: Duration::from_millis(200), ..Source::new(SourceKind::Postgres, url) };
    let company = Company::new(LEAD, "", "");
    let report = ingest_beside(&company, hanging).await.expect("the others are there");
    assert_eq!(report.counts.leads, 1);
    assert!(failure(&report).contains("source `other`"), "{}", failure(&report));
}

#[tokio::test]
async fn relations_that_need_a_source_that_was_never_read_fail_because_of_it() {
    let mut company = Company::new(LEAD, "", "");
    company.files[0].sql = "SELECT 'x:' || id AS lead_key, created_at FROM other.records".to_owned();
    let error = ingest_beside(&company, Source::new(SourceKind::Csv, "away.csv")).await.expect_err("nothing to derive");
    assert!(error.contains("no file matches"), "{error}");
}

#[tokio::test]
async fn a_mended_row_is_no_longer_listed_as_rejected() {
    let company = Company::new(LEAD, "", "");
    let path = company.folder.path().join("other.jsonl");
    let other = Source { allow_lost: 100.0, ..Source::new(SourceKind::Jsonl, "other.jsonl") };
    std::fs::write(&path, "{\"id\":\"1\"}\nno JSON\n").expect("written");
    let report = ingest_beside(&company, other.clone()).await.expect("a bad row is data");
    assert_eq!((report.rejected.len(), report.rejected_total), (1, 1), "{:?}", report.rejected);
    std::fs::write(&path, "{\"id\":\"1\"}\n{\"id\":\"2\"}\n").expect("written");
    let report = ingest_beside(&company, other).await.expect("it is mended");
    assert_eq!((report.rejected.len(), report.rejected_total), (0, 0), "{:?}", report.rejected);
}

#[tokio::test]
async fn a_source_with_a_variable_that_is_not_set_stops_nobody() {
    let company = Company::new(LEAD, "", "");
    let unset = Some("CRM_URL".to_owned());
    let other = Source { unset_variable: unset, ..Source::new(SourceKind::Postgres, "${CRM_URL}") };
    let report = ingest_beside(&company, other).await.expect("the others are there");
    assert_eq!(report.counts.leads, 1);
    let expected = "source `other`: environment variable `CRM_URL` is not set; export it where `plumb ingest` runs";
    assert_eq!(failure(&report), expected);
}
