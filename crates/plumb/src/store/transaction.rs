//! How a transaction begins that writes: it holds the lock from its start, and asks for it often.

use std::time::{Duration, Instant};

use anyhow::{Error, Result};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqlitePool, SqlitePoolOptions};
use sqlx::{Executor, Sqlite, Transaction};
use tokio::time::sleep;

use super::damage;

/// How long a writer waits for others. All transactions are short, so a longer wait means that something holds the file
/// that should not.
pub(super) const WRITE_WAIT_MAX: Duration = Duration::from_secs(30);

/// How long a process waits for another that brings the schema up to date, which takes a while where much is stored.
pub(super) const MIGRATION_WAIT_MAX: Duration = Duration::from_secs(600);

/// SQLite itself asks less and less often whether it may write, at last every 100 ms, and a batch that writes again soon
/// would always be first. We ask at least this often.
const RETRY: Duration = Duration::from_millis(4);

/// Begins a transaction that writes, as soon as no other process does.
pub(super) async fn begin(writer: &SqlitePool, wait_max: Duration) -> Result<Transaction<'static, Sqlite>> {
    let begun = Instant::now();
    loop {
        match writer.begin_with("BEGIN IMMEDIATE").await {
            Ok(transaction) => return Ok(transaction),
            Err(error) if damage::is_busy(&error) && begun.elapsed() < wait_max => sleep(RETRY).await,
            Err(error) if damage::is_busy(&error) => {
                let seconds = wait_max.as_secs();
                let hint = "try again, or look by `fuser` which process holds it";
                let message = format!("another process has been writing to it for {seconds} seconds: {hint}");
                return Err(Error::new(error).context(message));
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Connects, as soon as no other process is just doing so: of two that make the file one with a log at the same time, SQLite
/// refuses one at once, however long that would wait.
pub(super) async fn connect(
    pool: SqlitePoolOptions,
    options: &SqliteConnectOptions,
    wait_max: Duration,
) -> Result<SqlitePool, sqlx::Error> {
    let begun = Instant::now();
    loop {
        match pool.clone().connect_with(options.clone()).await {
            Err(error) if damage::is_busy(&error) && begun.elapsed() < wait_max => sleep(RETRY).await,
            outcome => return outcome,
        }
    }
}

/// Has SQLite say at once that another process writes: [`begin`] asks again.
pub(super) async fn ask_often(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    connection.execute("PRAGMA busy_timeout = 1").await.map(drop)
}
