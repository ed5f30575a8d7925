//! Files of SQLite as they are found: broken views, odd names, and other programs that write meanwhile.

use std::path::Path;

use plumb_connectors::{DatabaseConfig, DatabaseKind, read_database};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqliteConnection};

use super::failures::{Interrupted, on_a_thread};
use super::sqlite::file;
use super::{check_error, check_note, failure, read, run_sqlite, try_read};
use crate::support::Collected;

fn config(url: &str) -> DatabaseConfig {
    DatabaseConfig::new(DatabaseKind::Sqlite, url)
}

async fn writer(path: &str) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path).busy_timeout(std::time::Duration::ZERO);
    options.connect().await.expect("it opens")
}

async fn run(writer: &mut SqliteConnection, sql: &str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(writer).await.map(|_| ())
}

#[tokio::test]
async fn a_broken_view_is_left_out_unless_somebody_asks_for_it() {
    let sql = "CREATE TABLE leads (id INTEGER PRIMARY KEY); INSERT INTO leads VALUES (1);
        CREATE VIEW fine AS SELECT id FROM leads; CREATE VIEW lost AS SELECT * FROM absent;
        CREATE VIEW calls AS SELECT no_such_function(id) AS n FROM leads;";
    let (folder, url) = file(sql).await;
    let collected = read(&config(&url), Collected::default()).await;
    assert_eq!(collected.streams.keys().collect::<Vec<_>>(), ["fine", "leads"]);
    check_note(&collected, "lost", 1, "no such table: main.absent: it is left out");
    check_note(&collected, "calls", 1, "no_such_function: it is left out");
    for view in ["lost", "calls"] {
        let tables = vec!["leads".to_owned(), view.to_owned()];
        let error = failure(&DatabaseConfig { tables, ..config(&url) }, Collected::default()).await;
        check_error(&error, &format!("cannot read table `{view}`"), &format!("mend table `{view}`"));
        assert!(!error.is_transient);
    }
    // One that was read before is missed.
    run_sqlite(&folder.path().join("crm.db"), "DROP VIEW fine; CREATE VIEW fine AS SELECT name FROM leads").await;
    check_error(&failure(&config(&url), collected).await, "table `fine` is gone", "gone = [\"fine\"]");
}

#[tokio::test]
async fn generated_columns_and_tables_without_rowid_are_read() {
    let sql =
        "CREATE TABLE leads (id TEXT, part INTEGER, net INTEGER, gross INTEGER GENERATED ALWAYS AS (net * 2) VIRTUAL,
            label TEXT AS (id || '!') STORED, PRIMARY KEY (part, id)) WITHOUT ROWID;
        INSERT INTO leads (id, part, net) VALUES ('a', 1, 5), ('b', 2, NULL);
        CREATE TABLE strict (id INTEGER PRIMARY KEY, any ANY) STRICT; INSERT INTO strict VALUES (1, 'x');";
    let (folder, url) = file(sql).await;
    let collected = read(&config(&url), Collected::default()).await;
    assert_eq!(collected.streams["leads"].key, ["part", "id"]);
    assert_eq!(collected.column("leads", "gross"), ["Integer(10)", "NULL"]);
    assert_eq!(collected.column("leads", "label"), ["a!", "b!"]);
    assert_eq!(collected.column("strict", "any"), ["x"]);
    run_sqlite(
        &folder.path().join("crm.db"),
        "UPDATE leads SET net = 6 WHERE id = 'a'; DELETE FROM leads WHERE id = 'b'",
    )
    .await;
    let collected = read(&config(&url), collected).await;
    assert_eq!(collected.column("leads", "gross"), ["Integer(12)"]);
}

#[tokio::test]
async fn names_may_have_any_letters() {
    let tables = ["select", "a \"b\"", "x.y", "Grün", "100%", "it's", "a`b", "[x]", "Leads;--"];
    let columns = ["from", "c \"d\"", "x.y", "Größe", "", "o'clock", "id"];
    let mut sql = String::new();
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    for table in tables {
        let columns: Vec<String> = columns.iter().map(|name| quoted(name)).collect();
        let key = quoted("c \"d\"");
        sql += &format!("CREATE TABLE {} ({}, PRIMARY KEY ({key}));", quoted(table), columns.join(", "));
        sql += &format!("INSERT INTO {} VALUES ('a', 'b', 'c', 'd', 'e', 'f', 'g');", quoted(table));
    }
    let (_folder, url) = file(&sql).await;
    let collected = read(&config(&url), Collected::default()).await;
    let collected = read(&config(&url), collected).await;
    for table in tables {
        let values = columns.map(|column| collected.column(table, column).remove(0));
        assert_eq!(values, ["a", "b", "c", "d", "e", "f", "g"], "{table}");
        assert_eq!(collected.streams[table].key, ["c \"d\""]);
    }
}

#[tokio::test]
async fn a_name_that_would_lead_out_of_a_folder_is_another() {
    let sql = "CREATE TABLE \"../up\" (id INTEGER PRIMARY KEY); CREATE TABLE \"/etc\" (id INTEGER PRIMARY KEY);
        CREATE TABLE \"a/b.c\" (id INTEGER PRIMARY KEY); INSERT INTO \"../up\" VALUES (7)";
    let (_folder, url) = file(sql).await;
    let collected = read(&config(&url), Collected::default()).await;
    assert_eq!(collected.streams.keys().collect::<Vec<_>>(), ["___up", "_etc", "a/b.c"]);
    check_note(&collected, "___up", 1, "table `../up` is called `___up`");
    assert_eq!(collected.column("___up", "id"), ["Integer(7)"]);
    assert_eq!(read(&config(&url), collected).await.tables["___up"].len(), 1);
}

/// Reads two tables of which another program writes to both while the first is read.
async fn read_while_written(mode: SqliteJournalMode) -> (u64, u64) {
    let sql = "CREATE TABLE a (id INTEGER PRIMARY KEY); CREATE TABLE b (id INTEGER PRIMARY KEY);
        INSERT INTO a VALUES (1); INSERT INTO b VALUES (1);";
    let (folder, url) = file(sql).await;
    let path = folder.path().join("crm.db");
    let options = SqliteConnectOptions::new().filename(&path).journal_mode(mode);
    options.connect().await.expect("it opens").close().await.expect("it closes");
    let mut sink = Interrupted::default();
    let write = url.clone();
    sink.at_first_row = Some(Box::new(move || {
        on_a_thread(write, move |path| {
            Box::pin(async move {
                let mut writer = writer(&path).await;
                let both = "BEGIN; INSERT INTO a VALUES (2); INSERT INTO b VALUES (2); COMMIT";
                let written = run(&mut writer, both).await;
                assert_eq!(written.is_ok(), mode == SqliteJournalMode::Wal, "{written:?}");
            })
        })
    }));
    read_database(&config(&url), None, &mut sink).await.expect("it can be read");
    let later = read(&config(&url), Collected::default()).await;
    (sink.rows, later.rows.len() as u64)
}

#[tokio::test]
async fn what_others_write_meanwhile_is_of_the_next_run() {
    assert_eq!(read_while_written(SqliteJournalMode::Wal).await, (2, 4));
    // Without a log of writes nobody writes while all is read.
    assert_eq!(read_while_written(SqliteJournalMode::Delete).await, (2, 2));
}

#[tokio::test]
async fn a_file_that_is_locked_may_be_free_later_and_one_that_is_half_written_needs_somebody() {
    let (folder, url) = file("CREATE TABLE a (id INTEGER PRIMARY KEY, text TEXT); INSERT INTO a VALUES (1, 'x')").await;
    let mut other = writer(&url).await;
    run(&mut other, "PRAGMA cache_size = 2; BEGIN EXCLUSIVE").await.expect("it runs");
    let connect_timeout = std::time::Duration::from_millis(50);
    let error = failure(&DatabaseConfig { connect_timeout, ..config(&url) }, Collected::default()).await;
    assert!(error.is_transient && error.what.contains("locked"), "{error}");
    // What a program leaves behind that dies while it writes.
    let many = "INSERT INTO a WITH RECURSIVE n(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM n WHERE n < 200)
        SELECT n, hex(randomblob(3000)) FROM n";
    run(&mut other, many).await.expect("it runs");
    let dead = folder.path().join("dead.db");
    for end in ["", "-journal"] {
        let from = folder.path().join(format!("crm.db{end}"));
        std::fs::copy(from, format!("{}{end}", dead.display())).expect("it is copied");
    }
    run(&mut other, "ROLLBACK").await.expect("it runs");
    let dead_url = dead.to_str().expect("text");
    let (collected, outcome) = try_read(&config(dead_url), Collected::default()).await;
    check_error(&outcome.expect_err("half written"), "list the tables", "takes back what was half done");
    assert!(collected.rows.is_empty());
    run_sqlite(Path::new(dead_url), "SELECT count(*) FROM a").await;
    assert_eq!(read(&config(dead_url), Collected::default()).await.rows.len(), 1);
}
