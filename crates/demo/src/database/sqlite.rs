//! Tables into a SQLite file.

use std::path::Path;

use anyhow::{Context, Result};
use sqlx::{AssertSqlSafe, Connection, Executor, SqliteConnection};

use super::table::{Chunks, ColumnType, ROWS, Table, Value};
use crate::calendar;

/// Opens a database file, and makes it if it is not there.
pub(crate) async fn open_sqlite(path: &Path) -> Result<SqliteConnection> {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).create_if_missing(true);
    SqliteConnection::connect_with(&options).await.with_context(|| format!("cannot create `{}`", path.display()))
}

/// Creates the table and fills it. SQLite has no type for timestamps: they become text, UTC.
pub(crate) async fn fill_sqlite(
    connection: &mut SqliteConnection,
    table: &Table,
    rows: impl Iterator<Item = Vec<Value>>,
) -> Result<()> {
    let failed = || format!("cannot write table `{}`", table.name);
    let create = table.create(|kind| match kind {
        ColumnType::Text | ColumnType::Timestamp => "TEXT",
        ColumnType::Integer => "INTEGER",
        ColumnType::Real => "REAL",
        ColumnType::Flag => "BOOLEAN",
    });
    connection.execute(AssertSqlSafe(create)).await.with_context(failed)?;
    let full = table.insert(ROWS, |_| "?".to_owned());
    for chunk in Chunks(rows) {
        let sql = if chunk.len() == ROWS { full.clone() } else { table.insert(chunk.len(), |_| "?".to_owned()) };
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for value in chunk.into_iter().flatten() {
            query = match value {
                Value::Null => query.bind(None::<String>),
                Value::Text(text) => query.bind(text),
                Value::Word(word) => query.bind(word),
                Value::Integer(number) => query.bind(number),
                Value::Real(number) => query.bind(number),
                Value::Flag(flag) => query.bind(flag),
                Value::Timestamp(moment) => query.bind(calendar::utc_without_zone(moment)),
            };
        }
        query.execute(&mut *connection).await.with_context(failed)?;
    }
    Ok(())
}
