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
const TRANSIENT_SQLITE: [i32; 2] = [5, 6];
/// SQLite's number of what is wrong with a statement, and nothing else: a table that it names is not there.
const REFUSED_SQLITE: i32 = 1;
/// SQLite's number of a file that somebody began to write to and did not end: who only reads cannot take it back.
const HALF_WRITTEN_SQLITE: i32 = 776;
/// MySQL's own numbers of what is wrong with a view: a table, a column, a function or its definer is not there.
const REFUSED_NUMBERS: [u16; 5] = [1054, 1146, 1305, 1356, 1449];

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
            match (mysql_number(error), sqlite_number(error)) {
                (Some(number), _) => TRANSIENT_NUMBERS.contains(&number),
                (_, Some(number)) => TRANSIENT_SQLITE.contains(&(number & 0xff)),
                _ => code.len() == 5 && TRANSIENT_STATES.iter().any(|state| code.starts_with(state)),
            }
        }
        _ => false,
    }
}

/// Whether a database has said of a statement that it cannot be run, and would say so again: a view is broken.
pub(super) fn is_refused(error: &Error) -> bool {
    let Some(error) = error.source.as_ref().and_then(|source| source.downcast_ref::<sqlx::Error>()) else {
        return false;
    };
    mysql_number(error).is_some_and(|number| REFUSED_NUMBERS.contains(&number))
        || sqlite_number(error) == Some(REFUSED_SQLITE)
}

fn mysql_number(error: &sqlx::Error) -> Option<u16> {
    let database = error.as_database_error()?;
    database.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>().map(|error| error.number())
}

/// Returns SQLite's number, whose lower eight bits say the kind.
fn sqlite_number(error: &sqlx::Error) -> Option<i32> {
    let database = error.as_database_error()?;
    database.try_downcast_ref::<sqlx::sqlite::SqliteError>()?;
    database.code()?.parse().ok()
}

fn way_out(error: &sqlx::Error) -> &'static str {
    let code = error.as_database_error().and_then(|error| error.code().map(|code| code.into_owned()));
    if sqlite_number(error) == Some(HALF_WRITTEN_SQLITE) {
        return "another program died while it wrote to the file: open it once with a program that may write, which takes \
                back what was half done";
    }
    match (error, code.as_deref()) {
        (sqlx::Error::Io(_), _) => "see whether the database runs and can be reached",
        (sqlx::Error::Configuration(_), _) => "check the address of the database",
        (sqlx::Error::Tls(_), _) => "check the address's settings of TLS, such as `sslmode`",
        (_, Some("42501")) => "GRANT the role SELECT on it, or leave it out by `tables`",
        (_, Some("28000" | "28P01")) => "check the user and the password in the address",
        _ => "see what the database says of it",
    }
}
