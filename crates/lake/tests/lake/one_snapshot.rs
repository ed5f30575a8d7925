//! All tables of a database are read as they were at one time, also while others write.

use std::collections::BTreeMap;
use std::path::Path;

use plumb_lake::{Deriving, IngestReport, Source, SourceKind, SqlFile, SqlLimits, ingest};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};
use tempfile::TempDir;

use crate::company::lock;

/// A lead and its only event are written together. Tables are read in the order of their names.
const WRITTEN_MEANWHILE: &str = "BEGIN; INSERT INTO activities VALUES (2, 2); INSERT INTO leads VALUES (2); COMMIT";

const MADE: &str = "CREATE TABLE activities (id INTEGER PRIMARY KEY, lead INTEGER);
     CREATE TABLE leads (id INTEGER PRIMARY KEY);
     INSERT INTO activities VALUES (1, 1); INSERT INTO leads VALUES (1)";

/// Leads and events of the tables.
fn files() -> Vec<SqlFile> {
    [
        ("sources/lead.sql", "SELECT 'lead:' || id AS lead_key, '2026-01-01' AS created_at, '2026-01-01' AS known_at FROM crm.leads"),
        ("sources/event.sql", "SELECT 'lead:' || lead AS lead_key, 'call' AS kind, '2026-01-02' AS at, '2026-01-02' AS known_at FROM crm.activities"),
        ("sources/outcome.sql", "SELECT '' AS lead_key, '' AS target, true AS positive, '' AS at, '' AS known_at WHERE false"),
    ]
    .map(|(name, sql)| SqlFile { name: name.into(), sql: sql.into() })
    .into()
}

/// Ingests a database, with `meanwhile` called before its second table is read.
async fn ingest_while(project: &Path, kind: SourceKind, url: &str, meanwhile: &(dyn Fn() + Sync)) -> IngestReport {
    let source = Source { tables: vec!["activities".into(), "leads".into()], ..Source::new(kind, url) };
    let progress = |step: &str| {
        if step == "reading crm: leads" {
            meanwhile();
        }
    };
    let sources = BTreeMap::from([("crm".to_owned(), source)]);
    ingest(&sources, &files(), project, &lock(&project.join("data")), Deriving::here(&SqlLimits::default()), &progress)
        .await
        .expect("it can be read")
}

/// Runs something of the database's own on a thread of its own, and waits for it.
fn on_a_thread<F: Future<Output = ()> + Send>(work: impl FnOnce() -> F + Send) {
    let run = || tokio::runtime::Runtime::new().expect("a runtime").block_on(work());
    std::thread::scope(|scope| scope.spawn(run).join().expect("it can be written"));
}

async fn sqlite(path: &Path, sql: &'static str) {
    let url = format!("sqlite://{}?mode=rwc", path.display());
    let mut connection = SqliteConnection::connect(&url).await.expect("SQLite opens the file");
    connection.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.expect("the SQL is right");
    connection.close().await.expect("SQLite closes the file");
}

async fn postgres(url: &str, sql: String) {
    let mut connection = PgConnection::connect(url).await.expect("the server answers");
    connection.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.expect("the SQL is right");
    connection.close().await.expect("the server is there");
}

fn found(report: &IngestReport) -> (usize, usize, usize) {
    (report.counts.leads, report.counts.events, report.counts.unmatched_rows)
}

#[tokio::test]
async fn tables_of_sqlite_are_read_as_of_one_time() {
    let project = TempDir::new().expect("a temporary folder");
    let path = project.path().join("crm.db");
    sqlite(&path, "PRAGMA journal_mode = WAL").await;
    sqlite(&path, MADE).await;
    let write = || on_a_thread(|| sqlite(&path, WRITTEN_MEANWHILE));
    let report = ingest_while(project.path(), SourceKind::Sqlite, "crm.db", &write).await;
    assert_eq!(found(&report), (1, 1, 0), "neither the lead nor its event");
    let report = ingest_while(project.path(), SourceKind::Sqlite, "crm.db", &|| ()).await;
    assert_eq!(found(&report), (2, 2, 0), "both");
}

#[tokio::test]
async fn tables_of_postgresql_are_read_as_of_one_time() {
    let url = std::env::var("PLUMB_TEST_POSTGRES_URL")
        .expect("PLUMB_TEST_POSTGRES_URL names a PostgreSQL server: run `cargo xtask test`, which starts one");
    // A schema of this test's own.
    let url = format!("{url}?options=-c%20search_path%3Done_snapshot");
    postgres(&url, format!("DROP SCHEMA IF EXISTS one_snapshot CASCADE; CREATE SCHEMA one_snapshot; {MADE}")).await;
    let project = TempDir::new().expect("a temporary folder");
    let write = || on_a_thread(|| postgres(&url, WRITTEN_MEANWHILE.to_owned()));
    let report = ingest_while(project.path(), SourceKind::Postgres, &url, &write).await;
    assert_eq!(found(&report), (1, 1, 0), "neither the lead nor its event");
    let report = ingest_while(project.path(), SourceKind::Postgres, &url, &|| ()).await;
    assert_eq!(found(&report), (2, 2, 0), "both");
}
