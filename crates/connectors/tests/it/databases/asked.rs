//! What SQL asks for must be there, and on request nothing else is read.

use plumb_connectors::{DatabaseConfig, DatabaseKind, Selection};

use super::{check_error, check_note, failure, mysql, postgres, read, run_postgres, with_cursor};
use crate::support::Collected;

const LEADS: &str = "CREATE TABLE leads (id int PRIMARY KEY, stage text, note text, updated_at timestamp);
    INSERT INTO leads VALUES (1, 'new', 'x', '2026-01-01'), (2, 'won', 'y', '2026-01-02');";

fn columns(collected: &Collected, stream: &str) -> Vec<String> {
    collected.streams[stream].columns.iter().map(|column| column.name.clone()).collect()
}

fn asking(config: &DatabaseConfig, asked: &[(&str, &[&str])]) -> DatabaseConfig {
    let named = |names: &[&str]| Selection::Named(names.iter().map(|name| (*name).to_owned()).collect());
    let asked = asked.iter().map(|(table, names)| ((*table).to_owned(), named(names))).collect();
    DatabaseConfig { asked: Some(asked), only_asked: true, ..config.clone() }
}

#[tokio::test]
async fn what_nobody_asks_for_is_not_read_and_that_is_said() {
    let sql = format!("{LEADS} CREATE TABLE notes (id int PRIMARY KEY); CREATE TABLE lines (a int, b int, c int);
        INSERT INTO lines VALUES (1, 2, 3); CREATE TABLE \"Deals\" (\"Id\" int PRIMARY KEY, \"Amount\" int, \"Other\" int);");
    let url = postgres("asked", &sql).await;
    let all = with_cursor(DatabaseKind::Postgres, &url, "leads", "updated_at");
    let config = asking(&all, &[("leads", &["stage", "no_column"]), ("lines", &["a"]), ("deals", &["amount"])]);
    let first = read(&config, Collected::default()).await;
    assert_eq!(first.streams.keys().collect::<Vec<_>>(), ["Deals", "leads", "lines"]);
    assert_eq!(columns(&first, "leads"), ["id", "stage", "updated_at"]);
    assert_eq!(columns(&first, "Deals"), ["Id", "Amount"]);
    // A row that has no key is known by all of its cells.
    assert_eq!(columns(&first, "lines"), ["a", "b", "c"]);
    check_note(&first, "leads", 1, "columns `note` are not read: no SQL asks for them");
    check_note(&first, "", 1, "tables `notes` are not read: no SQL asks for them");
    // What is asked for later is read of all rows, and what was read is read on.
    let config = asking(&all, &[("leads", &["note"]), ("notes", &[])]);
    let second = read(&config, first).await;
    assert_eq!(second.column("leads", "note"), ["x", "y"]);
    assert_eq!(columns(&second, "leads"), ["id", "stage", "note", "updated_at"]);
    assert_eq!(second.streams.keys().collect::<Vec<_>>(), ["Deals", "leads", "lines", "notes"]);
    let everything =
        DatabaseConfig { asked: Some([("leads".to_owned(), Selection::All)].into()), only_asked: true, ..all };
    assert_eq!(columns(&read(&everything, Collected::default()).await, "leads"), ["id", "stage", "note", "updated_at"]);
}

#[tokio::test]
async fn what_is_gone_is_an_error_only_if_somebody_asks_for_it() {
    let sql = format!("{LEADS} CREATE TABLE notes (id int PRIMARY KEY);");
    let url = postgres("asked_gone", &sql).await;
    let all = DatabaseConfig::new(DatabaseKind::Postgres, &url);
    let first = read(&all, Collected::default()).await;
    run_postgres(&url, "DROP TABLE notes; ALTER TABLE leads DROP note, ALTER updated_at TYPE text").await;
    let config = DatabaseConfig { only_asked: false, ..asking(&all, &[("leads", &["stage"])]) };
    let second = read(&config, first).await;
    assert_eq!(columns(&second, "leads"), ["id", "stage"]);
    check_note(&second, "notes", 1, "table `notes` is gone or may not be read any more, and no SQL asks for it");
    check_note(&second, "leads", 1, "column `note` of table `leads` is gone or may not be read any more, and no SQL");
    check_note(&second, "leads", 1, "column `updated_at` of table `leads` has changed its type");
    // That is said once, and is an error as soon as somebody asks.
    let third = read(&config, second).await;
    assert!(third.notes.iter().all(|(stream, ..)| stream != "leads"), "{:?}", third.notes);
    let error = failure(&asking(&all, &[("leads", &["note"])]), third.clone()).await;
    check_error(&error, "column `note` of table `leads` is gone", "gone = [\"leads.note\"]");
    run_postgres(&url, "ALTER TABLE leads ADD note text DEFAULT 'back'").await;
    let fourth = read(&asking(&all, &[("leads", &["note"])]), third).await;
    assert_eq!(fourth.column("leads", "note"), ["back", "back"]);

    let url = postgres("asked_gone", &sql).await;
    for (asked, what) in [
        (("leads", &["note"][..]), "column `note` of table `leads` is gone"),
        (("leads", &["updated_at"][..]), "column `updated_at` of table `leads` has changed its type"),
        (("leads", &["stage"][..]), "table `notes` is gone"),
    ] {
        run_postgres(&url, &format!("DROP TABLE IF EXISTS leads, notes; {sql}")).await;
        let first = read(&all, Collected::default()).await;
        run_postgres(&url, "DROP TABLE notes; ALTER TABLE leads DROP note, ALTER updated_at TYPE text").await;
        let config =
            if what.contains("notes") { asking(&all, &[asked, ("notes", &[])]) } else { asking(&all, &[asked]) };
        check_error(&failure(&config, first).await, what, "");
    }
}

#[tokio::test]
async fn a_broken_view_that_sql_asks_for_is_an_error_of_its_own() {
    let sql = "CREATE TABLE a (id int PRIMARY KEY, n int); CREATE VIEW lost AS SELECT n FROM a; ALTER TABLE a DROP n";
    let url = mysql("asked_view", sql).await;
    let all = DatabaseConfig::new(DatabaseKind::MySql, &url);
    assert_eq!(read(&asking(&all, &[("a", &["id"])]), Collected::default()).await.streams.len(), 1);
    // That something else is read too makes no difference.
    let config = DatabaseConfig { only_asked: false, ..asking(&all, &[("lost", &["n"])]) };
    let error = failure(&config, Collected::default()).await;
    check_error(&error, "cannot read table `lost`", "mend table `lost`");
}
