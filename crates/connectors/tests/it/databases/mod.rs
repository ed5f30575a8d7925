//! Databases: real servers, files, and servers that do not answer.

mod postgres_types;
mod postgres_tables;
mod postgres_changes;
mod cursors;
mod deletes;
mod rounds;
mod asked;
mod mysql;
mod mysql_large;
mod sqlite;
mod sqlite_files;
mod failures;

use plumb_connectors::{DatabaseConfig, DatabaseKind, Error, read_database};
use sqlx::{AssertSqlSafe, Connection, MySqlConnection, PgConnection, SqliteConnection};

use crate::support::{Collected, provided};

/// Returns the address of a new database of a test's own, in which some SQL was run.
async fn postgres(name: &str, sql: &str) -> String {
    let server = address("PLUMB_TEST_POSTGRES_URL");
    let name = format!("connectors_{name}");
    run_postgres(&server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
    run_postgres(&server, &format!("CREATE DATABASE {name}")).await;
    let url = format!("{}/{name}", server.rsplit_once('/').expect("a database").0);
    run_postgres(&url, sql).await;
    url
}

async fn run_postgres(url: &str, sql: &str) {
    let mut connection = PgConnection::connect(url).await.expect("the server is there");
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.expect("it runs");
}

/// Waits until all transactions of the server have ended that have a number by now. Those of other tests count too.
async fn settle(url: &str) {
    let mut connection = PgConnection::connect(url).await.expect("the server is there");
    let now: i64 = sqlx::query_scalar("SELECT txid_current()").fetch_one(&mut connection).await.expect("a number");
    let ended = "SELECT txid_snapshot_xmin(txid_current_snapshot())";
    while sqlx::query_scalar::<_, i64>(ended).fetch_one(&mut connection).await.expect("a number") <= now {}
}

/// Returns the address of a new database of a test's own, in which some SQL was run.
async fn mysql(name: &str, sql: &str) -> String {
    let server = address("PLUMB_TEST_MYSQL_URL");
    let name = format!("connectors_{name}");
    run_mysql(&server, &format!("DROP DATABASE IF EXISTS {name}; CREATE DATABASE {name}")).await;
    let url = format!("{}/{name}", server.trim_end_matches('/'));
    run_mysql(&url, sql).await;
    url
}

async fn run_mysql(url: &str, sql: &str) {
    let mut connection = MySqlConnection::connect(url).await.expect("the server is there");
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.expect("it runs");
}

async fn run_sqlite(path: &std::path::Path, sql: &str) {
    let url = format!("sqlite://{}?mode=rwc", path.display());
    let mut connection = SqliteConnection::connect(&url).await.expect("it opens");
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.expect("it runs");
    connection.close().await.expect("it closes");
}

fn address(variable: &str) -> String {
    provided(variable).into_os_string().into_string().expect("an address is text")
}

/// Returns a configuration under which cursors are used however few rows there are.
fn with_cursor(kind: DatabaseKind, url: &str, table: &str, column: &str) -> DatabaseConfig {
    let cursor = [(table.to_owned(), column.to_owned())].into();
    DatabaseConfig { cursor, whole_rows_max: 0, ..DatabaseConfig::new(kind, url) }
}

/// Reads on from what was collected.
async fn read(config: &DatabaseConfig, collected: Collected) -> Collected {
    let (collected, outcome) = try_read(config, collected).await;
    outcome.expect("it can be read");
    collected
}

async fn try_read(config: &DatabaseConfig, collected: Collected) -> (Collected, Result<(), Error>) {
    let mut collected = collected.next_run();
    let checkpoint = collected.checkpoints.last().cloned();
    let outcome = read_database(config, checkpoint.as_ref(), &mut collected).await;
    (collected, outcome)
}

/// Returns why a database cannot be read.
async fn failure(config: &DatabaseConfig, collected: Collected) -> Error {
    let (after, outcome) = try_read(config, collected).await;
    assert!(after.deleted.is_empty());
    outcome.expect_err("it cannot be read")
}

#[track_caller]
fn check_error(error: &Error, what: &str, way_out: &str) {
    assert!(error.what.contains(what), "{error}");
    assert!(error.way_out.contains(way_out), "{error}");
}

#[track_caller]
fn check_note(collected: &Collected, stream: &str, count: u64, what: &str) {
    let is_it = |(of, number, note): &(String, u64, String)| of == stream && *number == count && note.contains(what);
    assert!(collected.notes.iter().any(is_it), "{:?}", collected.notes);
}
