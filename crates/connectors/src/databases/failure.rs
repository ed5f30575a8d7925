//! Errors of the drivers, and time limits.

use std::future::Future;
use std::time::Duration;

use crate::error::Error;

/// Beginnings of SQLSTATE that go away: connections, resources, what an operator does, conflicts.
const TRANSIENT_STATES: [&str; 6] = ["08", "40", "53", "57", "58", "55P03"];
/// MySQL's own numbers of the same: too many connections, shutting down, waits for locks, deadlocks, lost connections,
/// interrupted and timed out queries.
const TRANSIENT_NUMBERS: [u16; 9] = [1040, 1053, 1205, 1213, 1317, 1969, 2006, 2013, 3024];
/// SQLite's: busy and locked.
const TRANSIENT_SQLITE: [&str; 2] = ["5", "6"];

/// Waits for a driver, but no longer than a limit.
pub(super) async fn within<T>(
    limit: Duration,
    doing: &str,
    waiting: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, Error> {
    match tokio::time::timeout(limit, waiting).await {
        Ok(outcome) => outcome.map_err(|error| failed(doing, error)),
        Err(_) => {
            let what = format!("cannot {doing}: the database has not answered for {} s", limit.as_secs_f64());
            Err(Error::transient(what, "see whether it runs and can be reached, and what it is busy with"))
        }
    }
}

/// Returns the error of a driver as ours.
pub(super) fn failed(doing: &str, error: sqlx::Error) -> Error {
    let what = format!("cannot {doing}: {error}");
    let way_out = way_out(&error);
    let made = if is_transient(&error) { Error::transient(what, way_out) } else { Error::new(what, way_out) };
    made.because(error)
}

fn is_transient(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(database) => {
            let code = database.code().unwrap_or_default();
            let number = database.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>().map(|error| error.number());
            let is_sqlite = database.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some();
            match number {
                Some(number) => TRANSIENT_NUMBERS.contains(&number),
                None if is_sqlite => TRANSIENT_SQLITE.contains(&code.as_ref()),
                None => code.len() == 5 && TRANSIENT_STATES.iter().any(|state| code.starts_with(state)),
            }
        }
        _ => false,
    }
}

fn way_out(error: &sqlx::Error) -> &'static str {
    let code = error.as_database_error().and_then(|error| error.code().map(|code| code.into_owned()));
    match (error, code.as_deref()) {
        (sqlx::Error::Io(_), _) => "see whether the database runs and can be reached",
        (sqlx::Error::Configuration(_), _) => "check the address of the database",
        (sqlx::Error::Tls(_), _) => "check the address's settings of TLS, such as `sslmode`",
        (_, Some("42501")) => "GRANT the role SELECT on it, or leave it out by `tables`",
        (_, Some("28000" | "28P01")) => "check the user and the password in the address",
        _ => "see what the database says of it",
    }
}
