//! Cursors that lose nothing: late commits, dates set back, edits that the cursor does not tell.

use plumb_connectors::{DatabaseConfig, DatabaseKind};
use sqlx::{Connection, PgConnection};

use super::{check_error, check_note, failure, mysql, postgres, read, run_mysql, run_postgres, settle, with_cursor};
use crate::support::Collected;

const LEADS: &str = "
    CREATE TABLE leads (id int PRIMARY KEY, channel text, updated_at timestamptz);
    INSERT INTO leads SELECT n, 'web', timestamptz '2026-01-01' + n * interval '1 hour' FROM generate_series(1, 100) n;";

fn config(url: &str) -> DatabaseConfig {
    with_cursor(DatabaseKind::Postgres, url, "leads", "updated_at")
}

#[tokio::test]
async fn postgres_gives_what_was_written_since_whatever_its_cursor_says() {
    let url = postgres("late", LEADS).await;
    settle(&url).await;
    // A transaction that began before the first run, and ends after it.
    let mut late = PgConnection::connect(&url).await.expect("the server is there");
    let begun = "BEGIN; INSERT INTO leads VALUES (140, 'late', '2026-01-02')";
    sqlx::raw_sql(begun).execute(&mut late).await.expect("it runs");
    let first = read(&config(&url), Collected::default()).await;
    assert_eq!(first.rows.len(), 100);
    sqlx::raw_sql("COMMIT").execute(&mut late).await.expect("it runs");
    run_postgres(
        &url,
        "UPDATE leads SET channel = 'partner' WHERE id IN (10, 11, 12);
         UPDATE leads SET channel = 'fair', updated_at = '2025-01-01' WHERE id = 13;
         INSERT INTO leads VALUES (141, 'null', NULL), (142, 'far', 'infinity'), (143, 'new', '2026-02-01')",
    )
    .await;
    let second = read(&config(&url), first).await;
    let mut read_again: Vec<&str> = second
        .rows
        .iter()
        .map(|(_, cells, _)| match &cells["channel"] {
            plumb_connectors::Cell::Text(text) => text.as_str(),
            other => panic!("{other:?}"),
        })
        .collect();
    read_again.sort();
    // Of those that did not change only the one at which the cursor stood.
    assert_eq!(read_again, ["fair", "far", "late", "new", "null", "partner", "partner", "partner", "web"]);
    assert_eq!(second.tables["leads"].len(), 104);
    settle(&url).await;
    let third = read(&config(&url), second).await;
    let third = read(&config(&url), third).await;
    assert!(third.rows.len() <= 3, "the newest, and those without a moment: {}", third.rows.len());
    // `infinity` has not moved the cursor to the end of time.
    run_postgres(&url, "INSERT INTO leads VALUES (150, 'later', '2026-02-02')").await;
    assert_eq!(read(&config(&url), third).await.tables["leads"].len(), 105);
}

#[tokio::test]
async fn the_transactions_of_partitions_count_too() {
    let sql = "
        CREATE TABLE leads (id int, updated_at timestamptz, PRIMARY KEY (id)) PARTITION BY HASH (id);
        CREATE TABLE leads_0 PARTITION OF leads FOR VALUES WITH (MODULUS 2, REMAINDER 0);
        CREATE TABLE leads_1 PARTITION OF leads FOR VALUES WITH (MODULUS 2, REMAINDER 1);
        INSERT INTO leads SELECT n, timestamptz '2026-01-01' + n * interval '1 hour' FROM generate_series(1, 50) n;";
    let url = postgres("late_parts", sql).await;
    settle(&url).await;
    let first = read(&config(&url), Collected::default()).await;
    run_postgres(&url, "INSERT INTO leads VALUES (60, '2026-01-01'), (61, '2026-01-01')").await;
    let second = read(&config(&url), first).await;
    assert_eq!((second.rows.len(), second.tables["leads"].len()), (3, 52));
    assert!(second.notes.is_empty(), "{:?}", second.notes);
}

#[tokio::test]
async fn a_view_is_read_whole_when_its_rows_are_more_than_are_known() {
    let sql = format!("{LEADS} CREATE VIEW open AS SELECT * FROM leads;");
    let url = postgres("late_view", &sql).await;
    let key = [("open".to_owned(), vec!["id".to_owned()])].into();
    let tables = vec!["open".to_owned()];
    let config = DatabaseConfig { key, tables, ..with_cursor(DatabaseKind::Postgres, &url, "open", "updated_at") };
    let first = read(&config, Collected::default()).await;
    let second = read(&config, first).await;
    assert_eq!(second.rows.len(), 2, "an hour back, and the newest");
    run_postgres(&url, "INSERT INTO leads VALUES (140, 'late', '2026-01-02'), (141, 'new', '2026-02-01')").await;
    let third = read(&config, second).await;
    check_note(&third, "open", 1, "the table has 102 rows, 101 were known");
    assert_eq!(third.tables["open"].len(), 102);
}

#[tokio::test]
async fn mysql_looks_back_and_counts() {
    let sql = "CREATE TABLE leads (id int PRIMARY KEY, channel text, updated_at datetime(6));
        INSERT INTO leads VALUES (1, 'a', '2026-01-01 10:00'), (2, 'b', '2026-01-01 11:00'), (3, 'c', '2026-01-01 12:00')";
    let url = mysql("late", sql).await;
    let config = with_cursor(DatabaseKind::MySql, &url, "leads", "updated_at");
    let first = read(&config, Collected::default()).await;
    run_mysql(&url, "INSERT INTO leads VALUES (4, 'd', '2026-01-01 11:30'), (5, 'e', NULL)").await;
    let second = read(&config, first).await;
    assert_eq!((second.rows.len(), second.tables["leads"].len()), (4, 5), "from eleven on, and what has no moment");
    assert!(second.notes.is_empty());
    run_mysql(&url, "INSERT INTO leads VALUES (6, 'f', '2026-01-01 01:00'), (7, 'g', '2999-01-01 00:00')").await;
    let third = read(&config, second).await;
    check_note(&third, "leads", 1, "the table has 7 rows, 6 were known");
    assert_eq!(third.tables["leads"].len(), 7);
    // A moment in the future has not moved the cursor.
    run_mysql(&url, "INSERT INTO leads VALUES (8, 'h', '2026-01-01 13:00')").await;
    let fourth = read(&config, third).await;
    assert!(fourth.notes.is_empty(), "{:?}", fourth.notes);
    assert_eq!(fourth.tables["leads"].len(), 8);
}

#[tokio::test]
async fn a_small_table_is_read_whole_whatever_its_cursor() {
    let url = postgres("small", LEADS).await;
    let config = DatabaseConfig { whole_rows_max: 1000, ..config(&url) };
    let first = read(&config, Collected::default()).await;
    run_postgres(&url, "DELETE FROM leads WHERE id = 5").await;
    let second = read(&config, first).await;
    assert_eq!((second.rows.len(), second.tables["leads"].len()), (99, 99));
    assert_eq!(second.deleted, ["leads"]);
}

#[tokio::test]
async fn numbers_and_days_are_cursors_and_flags_are_none() {
    let sql = "CREATE TABLE a (id bigint PRIMARY KEY); INSERT INTO a VALUES (1), (20000);
        CREATE TABLE b (id int PRIMARY KEY, day date); INSERT INTO b VALUES (1, '2026-01-01'), (2, '2026-03-01');
        CREATE TABLE c (id numeric(20,0) PRIMARY KEY, name text, flag bool);
        INSERT INTO c VALUES (90071992547409920001, 'x', true), (90071992547409940001, 'y', true);
        CREATE VIEW va AS SELECT * FROM a; CREATE VIEW vb AS SELECT * FROM b; CREATE VIEW vc AS SELECT * FROM c;";
    let url = postgres("orders", sql).await;
    let mut config = with_cursor(DatabaseKind::Postgres, &url, "va", "id");
    config.cursor.insert("vb".to_owned(), "day".to_owned());
    config.cursor.insert("vc".to_owned(), "id".to_owned());
    config.tables = vec!["va".to_owned(), "vb".to_owned(), "vc".to_owned()];
    let first = read(&config, Collected::default()).await;
    assert_eq!(first.rows.len(), 6);
    let second = read(&config, first).await;
    assert_eq!(second.rows.len(), 3);
    config.cursor.insert("vc".to_owned(), "flag".to_owned());
    let error = failure(&config, Collected::default()).await;
    check_error(&error, "cursor `flag` of table `vc` is `boolean`: no order to go by", "leave the cursor out");
}

#[tokio::test]
async fn a_server_that_went_on_from_an_earlier_state_is_read_whole() {
    let url = postgres("timeline", LEADS).await;
    settle(&url).await;
    let mut first = read(&config(&url), Collected::default()).await;
    let identity = &mut first.checkpoints[0]["tables"]["leads"]["identity"];
    let (server, table) = identity.as_str().and_then(|text| text.split_once('/')).expect("of a server");
    let (system, timeline) = server.split_once('-').expect("a number of the server, and one of its history");
    assert!(system.len() > 10 && timeline == "1", "{server}");
    // As a replica has it that has taken the place of the server that was read.
    *identity = format!("{system}-2/{table}").into();
    let second = read(&config(&url), first).await;
    assert_eq!(second.rows.len(), 100);
    assert!(read(&config(&url), second).await.rows.len() <= 2);
}

#[tokio::test]
async fn a_table_of_mysql_that_was_changed_is_read_whole() {
    let sql = "CREATE TABLE leads (id int PRIMARY KEY, stage text, updated_at datetime(6));
        INSERT INTO leads VALUES (1, 'new', '2026-01-01'), (2, 'new', '2026-02-01'), (3, 'new', '2026-03-01')";
    let url = mysql("changed", sql).await;
    let config = with_cursor(DatabaseKind::MySql, &url, "leads", "updated_at");
    let first = read(&config, Collected::default()).await;
    let second = read(&config, first).await;
    assert_eq!(second.rows.len(), 1);
    // The server keeps the second in which a table was made.
    run_mysql(&url, "DO SLEEP(1); ALTER TABLE leads DROP stage, ADD COLUMN stage varchar(20) DEFAULT 'won' AFTER id")
        .await;
    run_mysql(&url, "ALTER TABLE leads MODIFY stage text").await;
    let third = read(&config, second).await;
    assert_eq!(third.column("leads", "stage"), ["won", "won", "won"]);
    assert_eq!(read(&config, third).await.rows.len(), 1);
}
