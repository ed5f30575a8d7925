//! Rows of MySQL that are long, and readers that are slow.

use plumb_connectors::{Cell, DatabaseConfig, DatabaseKind, read_database};
use sqlx::{Connection, MySqlConnection};

use super::failures::{Interrupted, on_a_thread};
use super::{mysql, read, run_mysql};
use crate::support::Collected;

fn config(url: &str) -> DatabaseConfig {
    DatabaseConfig::new(DatabaseKind::MySql, url)
}

/// Runs SQL on a connection that may write longer values than the server lets others write.
async fn write_long(url: &str, sql: &str) {
    run_mysql(url, "SET GLOBAL max_allowed_packet = 256 * 1024 * 1024").await;
    let mut writer = MySqlConnection::connect(url).await.expect("the server is there");
    run_mysql(url, "SET GLOBAL max_allowed_packet = 16 * 1024 * 1024").await;
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut writer).await.expect("it runs");
}

#[tokio::test]
async fn values_longer_than_a_packet_of_the_server_are_read_whole() {
    let url = mysql("long", "CREATE TABLE t (id int PRIMARY KEY, bytes longblob, body longtext, extra json)").await;
    let sql = "INSERT INTO t VALUES (1, REPEAT('a', 17000000), 'b', NULL), (2, x'', REPEAT('ü', 8500000), NULL),
        (3, NULL, 'd', CONCAT('[\"', REPEAT('x', 17000000), '\"]'))";
    write_long(&url, sql).await;
    let collected = read(&config(&url), Collected::default()).await;
    assert!(collected.rejects.is_empty() && collected.notes.is_empty());
    let length = |row: usize, column: &str| match collected.rows[row].1.get(column) {
        Some(Cell::Text(text)) => Some(text.len()),
        _ => None,
    };
    assert_eq!([0, 1, 2].map(|row| length(row, "bytes")), [Some(34_000_002), Some(2), None]);
    assert_eq!((length(1, "body"), length(2, "extra")), (Some(17_000_000), Some(17_000_004)));
}

#[tokio::test]
async fn a_shape_whose_text_is_longer_than_a_packet_is_read_whole() {
    let url = mysql("shapes", "CREATE TABLE t (id int PRIMARY KEY, place geometry)").await;
    let sql = "INSERT INTO t VALUES (1, ST_GeomFromText('LINESTRING(0 0,1 1)')), (2, NULL),
        (3, ST_GeomFromText(CONCAT('LINESTRING(0 0', REPEAT(',1.234567890123 2.345678901234', 570000), ')')))";
    write_long(&url, sql).await;
    let collected = read(&config(&url), Collected::default()).await;
    let lengths = collected.column("t", "place").iter().map(String::len).collect::<Vec<_>>();
    assert_eq!((&*collected.column("t", "place")[0], &lengths[1..]), ("LINESTRING(0 0,1 1)", &[4, 17_100_015][..]));
}

#[tokio::test]
async fn a_slow_reader_keeps_its_connection() {
    let sql = "CREATE TABLE t (id int PRIMARY KEY, body longtext);
        INSERT INTO t SELECT seq, REPEAT('x', 10000) FROM seq_1_to_4000";
    let url = mysql("slow", sql).await;
    // What the server gives to whoever asks for no more: it is one minute by default.
    run_mysql(&url, "SET GLOBAL net_write_timeout = 1").await;
    let waiting = url.clone();
    let wait = move || on_a_thread(waiting, |url| Box::pin(async move { run_mysql(&url, "DO SLEEP(4)").await }));
    let mut sink = Interrupted::default();
    sink.at_first_row = Some(Box::new(wait));
    let outcome = read_database(&config(&url), None, &mut sink).await;
    run_mysql(&url, "SET GLOBAL net_write_timeout = 60").await;
    outcome.expect("it can be read");
    assert_eq!(sink.rows, 4000);
}
