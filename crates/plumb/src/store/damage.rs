//! What SQLite says when another process writes or the file is damaged, and what can be done about it.

use anyhow::Error;

/// Primary result codes of SQLite, the low byte of its extended ones: <https://www.sqlite.org/rescode.html>.
const BUSY: i32 = 5;
const CORRUPT: i32 = 11;
const NOT_A_DATABASE: i32 = 26;

/// What can be done about a damaged database. Nothing of it destroys anything.
pub(crate) const RECOVERY: &str = "nothing was changed. Stop what uses the data folder, and keep a copy of `plumb.db`, \
    `plumb.db-wal`, `plumb.db-shm` and `journal/` as they are. Then restore a backup beside the present `journal/`, or \
    save what can be read by `sqlite3 plumb.db .recover | sqlite3 recovered.db`: docs/operations.md, \"A damaged database\"";

/// Returns whether another process holds the lock.
pub(super) fn is_busy(error: &sqlx::Error) -> bool {
    primary_code(error) == Some(BUSY)
}

/// Returns whether the file is damaged.
pub(super) fn is_damage(error: &sqlx::Error) -> bool {
    matches!(primary_code(error), Some(CORRUPT | NOT_A_DATABASE))
}

/// Adds what to do to an error of which the damaged file is the cause.
pub(super) fn with_recovery(error: Error) -> Error {
    let is_damage = |cause: &(dyn std::error::Error + 'static)| cause.downcast_ref().is_some_and(is_damage);
    match error.chain().any(is_damage) {
        true => error.context(format!("the file is damaged; {RECOVERY}")),
        false => error,
    }
}

fn primary_code(error: &sqlx::Error) -> Option<i32> {
    let code: i32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}
