//! What the tables of a file of SQLite become.

use plumb_connectors::{DatabaseConfig, DatabaseKind};
use tempfile::TempDir;

use super::{check_error, check_note, failure, read, run_sqlite, with_cursor};
use crate::support::Collected;

pub(super) async fn file(sql: &str) -> (TempDir, String) {
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().join("crm.db");
    run_sqlite(&path, sql).await;
    let url = path.to_str().expect("a path of text").to_owned();
    (folder, url)
}

#[tokio::test]
async fn tables_views_and_keys() {
    let sql = "
        CREATE TABLE leads (id INTEGER PRIMARY KEY, fit REAL, ok BOOLEAN, price DECIMAL(10,2), at DATETIME, raw BLOB, note TEXT);
        INSERT INTO leads VALUES (1, 0.5, 1, 3, '2026-01-01 10:00:00', x'00ff', 'a');
        CREATE TABLE pairs (a TEXT, b TEXT, PRIMARY KEY (b, a)) WITHOUT ROWID; INSERT INTO pairs VALUES ('x', 'y');
        CREATE VIEW v AS SELECT id FROM leads;";
    let (_folder, url) = file(sql).await;
    let collected = read(&DatabaseConfig::new(DatabaseKind::Sqlite, &url), Collected::default()).await;
    assert_eq!(collected.streams["pairs"].key, ["b", "a"]);
    assert_eq!(collected.streams["leads"].key, ["id"]);
    assert!(collected.streams["v"].key.is_empty());
    let values = ["fit", "ok", "price", "at", "raw"].map(|column| collected.column("leads", column).remove(0));
    assert_eq!(values, ["Real(0.5)", "Flag(true)", "Real(3.0)", "2026-01-01 10:00:00", "\\x00ff"]);
}

#[tokio::test]
async fn a_cell_that_does_not_fit_its_type_rejects_its_row() {
    let sql = "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, ok BOOLEAN, big REAL, text TEXT);
        INSERT INTO t VALUES (1, 'many', 1, 1, 'a'), (2, 2, 7, 1, 'b'), (3, 1.5, 1, 1, 'c'), (4, 4, 0, 9e999, 'd'),
            (5, 5, 1, 5, CAST(x'ff' AS TEXT));";
    let (_folder, url) = file(sql).await;
    let collected = read(&DatabaseConfig::new(DatabaseKind::Sqlite, &url), Collected::default()).await;
    let rejects: Vec<(u64, &str)> = collected.rejects.iter().map(|(_, row, column, _)| (*row, &**column)).collect();
    assert_eq!(rejects, [(1, "n"), (2, "ok"), (3, "n"), (5, "text")]);
    check_note(&collected, "t", 1, "infinity was read as no value");
}

#[tokio::test]
async fn what_a_cursor_misses_is_found() {
    let sql = "CREATE TABLE leads (id INTEGER PRIMARY KEY, channel TEXT, updated_at TEXT);
        WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 97)
        INSERT INTO leads SELECT n, 'web', datetime('2026-09-01', '+' || n || ' minutes') FROM n;";
    let later = "INSERT INTO leads VALUES (140, 'late', '2026-09-01 00:10:00'), (141, 'new', '2026-09-02 00:00:00');
        UPDATE leads SET channel = 'partner' WHERE id = 10; UPDATE leads SET channel = 'fair', updated_at = '2026-08-01' WHERE id = 13;";
    let (folder, url) = file(sql).await;
    let mut config = with_cursor(DatabaseKind::Sqlite, &url, "leads", "updated_at");
    let counted = read(&config, Collected::default()).await;
    config.whole_rows_max = 100;
    let whole = read(&config, Collected::default()).await;
    run_sqlite(&folder.path().join("crm.db"), later).await;
    // A file of few rows is read whole.
    let whole = read(&config, whole).await;
    let channel = |collected: &Collected, channel: &str| {
        collected.column("leads", "channel").iter().filter(|of| *of == channel).count()
    };
    assert_eq!((whole.tables["leads"].len(), channel(&whole, "partner"), channel(&whole, "fair")), (99, 1, 1));
    assert!(whole.notes.is_empty());
    // Of one with many the rows are counted.
    config.whole_rows_max = 0;
    let counted = read(&config, counted).await;
    check_note(&counted, "leads", 1, "the table has 99 rows, 98 were known");
    assert_eq!((counted.tables["leads"].len(), channel(&counted, "partner")), (99, 1));
}

#[tokio::test]
async fn a_view_without_an_end_is_stopped() {
    let sql = "CREATE VIEW endless AS WITH RECURSIVE n(x) AS (SELECT hex(zeroblob(5000000)) UNION ALL SELECT x FROM n) SELECT x FROM n;";
    let (_folder, url) = file(sql).await;
    let error = failure(&DatabaseConfig::new(DatabaseKind::Sqlite, &url), Collected::default()).await;
    check_error(&error, "cannot read table `endless`: it holds more than a file of this length can", "`tables`");
}

#[tokio::test]
async fn a_file_that_is_none_is_an_error() {
    let error = failure(&DatabaseConfig::new(DatabaseKind::Sqlite, "/no/such/crm.db"), Collected::default()).await;
    check_error(&error, "no database file `/no/such/crm.db`", "check `url`");
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().join("text.db");
    std::fs::write(&path, "this is a text and no database at all ".repeat(100)).expect("it is written");
    let error =
        failure(&DatabaseConfig::new(DatabaseKind::Sqlite, path.to_str().expect("text")), Collected::default()).await;
    assert!(!error.is_transient, "{error}");
}
