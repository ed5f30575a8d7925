//! SQLite files: a snapshot of all tables.
//!
//! Where the database is in SQLite's WAL mode, others write meanwhile; otherwise they wait until all is read.

mod catalog;

use std::path::Path;
use std::time::Duration;

use futures::TryStreamExt;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row, TypeInfo, ValueRef};

use super::cells::hex;
use super::config::{DatabaseConfig, LOOK_BACK_NUMBERS};
use super::failure::within;
use super::table::{Horizon, Listing, Order, Query, Server, Table, TableColumn, Take, Value};
use crate::error::Error;

/// What the rows of a table may hold, 8 bytes a cell and the length of each text: this much, or so many times the file. A
/// view in it could otherwise be without an end.
const BYTES_FREE: u64 = 1 << 30;
const BYTES_RATIO: u64 = 100;
const CELL_BYTES: u64 = 8;

/// An open file in a transaction.
pub(super) struct Sqlite {
    connection: SqliteConnection,
    limit: Duration,
    bytes_max: u64,
}

impl Sqlite {
    /// Opens the file, which has to be there, for reading.
    pub(super) async fn open(config: &DatabaseConfig) -> Result<Sqlite, Error> {
        let path = config.url.strip_prefix("sqlite://").or(config.url.strip_prefix("sqlite:")).unwrap_or(&config.url);
        let path = Path::new(path);
        let missing = format!("no database file `{}`", path.display());
        let missing = || Error::new(missing.clone(), "check `url`; it is relative to the project folder");
        let metadata = path.metadata().map_err(|error| missing().because(error))?;
        if !metadata.is_file() {
            return Err(missing());
        }
        // A program that is about to write keeps readers waiting for a moment.
        let options = SqliteConnectOptions::new().filename(path).read_only(true).busy_timeout(config.connect_timeout);
        let options = options.disable_statement_logging();
        let mut connection = within(config.connect_timeout, "open the database", options.connect()).await?;
        let begin = sqlx::raw_sql("BEGIN").execute(&mut connection);
        within(config.statement_timeout, "begin a transaction", begin).await?;
        let bytes_max = BYTES_FREE.max(metadata.len().saturating_mul(BYTES_RATIO));
        Ok(Sqlite { connection, limit: config.statement_timeout, bytes_max })
    }
}

impl Server for Sqlite {
    async fn list(&mut self, wanted: &[String]) -> Result<Listing, Error> {
        catalog::list(&mut self.connection, self.limit, wanted).await
    }

    async fn text(&mut self, query: Query) -> Result<Option<String>, Error> {
        let statement = sqlx::query_scalar::<_, Option<String>>(AssertSqlSafe(query.sql));
        Ok(within(self.limit, &query.doing, statement.fetch_optional(&mut self.connection)).await?.flatten())
    }

    async fn rows(&mut self, query: Query, columns: &[TableColumn], take: Take<'_>) -> Result<(), Error> {
        let mut statement = sqlx::query(AssertSqlSafe(query.sql));
        if let Some(bind) = query.bind {
            statement = statement.bind(bind);
        }
        let mut rows = statement.fetch(&mut self.connection);
        let mut bytes_left = self.bytes_max;
        while let Some(row) = within(self.limit, &query.doing, rows.try_next()).await? {
            let values: Vec<Value> = (0..columns.len()).map(|index| value(&row, index)).collect();
            let bytes = values.iter().map(|value| CELL_BYTES + text_bytes(value)).sum();
            bytes_left = bytes_left.checked_sub(bytes).ok_or_else(|| {
                let what = format!("cannot {}: it holds more than a file of this length can", query.doing);
                Error::new(what, "if it is a view that repeats itself, name the tables to read by `tables`")
            })?;
            take(values)?;
        }
        Ok(())
    }

    async fn horizon(&mut self) -> Result<Option<Horizon>, Error> {
        Ok(None)
    }

    fn since(&self, column: &TableColumn, order: Order, look_back: Duration) -> String {
        match order {
            Order::Integer => format!("{} >= CAST(?1 AS INTEGER) - {LOOK_BACK_NUMBERS}", column.sql),
            // A text that is no moment of SQLite's own notations is its own beginning.
            _ => {
                let seconds = look_back.as_secs();
                format!("{0} >= min(?1, coalesce(datetime(?1, '-{seconds} seconds'), ?1))", column.sql)
            }
        }
    }

    fn last(&self, table: &Table, column: &TableColumn, _: Order) -> String {
        format!("SELECT CAST(max({}) AS TEXT) FROM {}", column.sql, table.sql)
    }

    async fn end(mut self) -> Result<(), Error> {
        let end = sqlx::raw_sql("ROLLBACK").execute(&mut self.connection);
        within(self.limit, "end the transaction", end).await?;
        within(self.limit, "close the database", self.connection.close()).await
    }
}

/// A column of SQLite may hold anything whatever its declared type.
fn value(row: &SqliteRow, index: usize) -> Value {
    let read = || {
        let raw = row.try_get_raw(index)?;
        if raw.is_null() {
            return Ok(Value::Null);
        }
        let type_info = raw.type_info();
        Ok(match type_info.name() {
            "INTEGER" | "INT4" | "INT8" | "BOOLEAN" => Value::Integer(row.try_get_unchecked(index)?),
            "REAL" => Value::Real(row.try_get_unchecked(index)?),
            "BLOB" => Value::Text(hex(row.try_get_unchecked(index)?)),
            "TEXT" => match std::str::from_utf8(row.try_get_unchecked(index)?) {
                Ok(text) => Value::Text(text.to_owned()),
                Err(_) => Value::Unreadable("the text is not UTF-8".to_owned()),
            },
            other => Value::Unreadable(format!("a value of type {other}")),
        })
    };
    read().unwrap_or_else(|error: sqlx::Error| Value::Unreadable(error.to_string()))
}

fn text_bytes(value: &Value) -> u64 {
    if let Value::Text(text) = value { text.len() as u64 } else { 0 }
}
