//! SQLite files: a snapshot of all tables.
//!
//! Where the database is in SQLite's WAL mode, others write meanwhile; otherwise they wait until all is read.

use std::path::Path;
use std::time::Duration;

use futures::TryStreamExt;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row, TypeInfo, ValueRef};

use super::cells::hex;
use super::config::{DatabaseConfig, LOOK_BACK_NUMBERS};
use super::failure::within;
use super::table::{Horizon, Kind, Listing, Order, Query, Server, Table, TableColumn, Take, Value, Wire, quote};
use crate::cell::CellKind;
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
        let options = SqliteConnectOptions::new().filename(path).read_only(true).disable_statement_logging();
        let mut connection = within(config.connect_timeout, "open the database", options.connect()).await?;
        let begin = sqlx::raw_sql("BEGIN").execute(&mut connection);
        within(config.statement_timeout, "begin a transaction", begin).await?;
        let bytes_max = BYTES_FREE.max(metadata.len().saturating_mul(BYTES_RATIO));
        Ok(Sqlite { connection, limit: config.statement_timeout, bytes_max })
    }

    async fn table(&mut self, name: String) -> Result<Table, Error> {
        let doing = format!("describe table `{name}`");
        let sql = "SELECT name, type, pk FROM pragma_table_info(?) ORDER BY cid";
        let rows = sqlx::query(sql).bind(name.clone()).fetch_all(&mut self.connection);
        let mut columns = Vec::new();
        let mut key = Vec::new();
        for row in within(self.limit, &doing, rows).await? {
            let (column, declared, position): (String, String, i64) = (row.get(0), row.get(1), row.get(2));
            if position > 0 {
                key.push((position, column.clone()));
            }
            columns.push(column_of(column, declared));
        }
        key.sort();
        Ok(Table {
            stream: name.clone(),
            sql: quote(&name, '"'),
            label: name,
            columns,
            key: key.into_iter().map(|(_, column)| column).collect(),
            identity: None,
            has_transactions: false,
        })
    }
}

impl Server for Sqlite {
    async fn list(&mut self, wanted: &[String]) -> Result<Listing, Error> {
        let sql =
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
                   ORDER BY name";
        let names = sqlx::query_scalar::<_, String>(sql).fetch_all(&mut self.connection);
        let names = within(self.limit, "list the tables", names).await?;
        if let Some(missing) = wanted.iter().find(|wanted| !names.contains(wanted)) {
            return Err(Error::new(format!("there is no table `{missing}`"), "correct `tables`"));
        }
        let mut listing = Listing::default();
        for name in names {
            if wanted.is_empty() || wanted.contains(&name) {
                listing.tables.push(self.table(name).await?);
            }
        }
        Ok(listing)
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

/// SQLite's own affinity rules, with booleans apart.
fn column_of(name: String, declared: String) -> TableColumn {
    let upper = declared.to_uppercase();
    let (kind, order) = if upper.contains("BOOL") {
        (CellKind::Flag, None)
    } else if upper.contains("INT") {
        (CellKind::Integer, Some(Order::Integer))
    } else if ["REAL", "FLOA", "DOUB", "NUMERIC", "DECIMAL"].iter().any(|word| upper.contains(word)) {
        (CellKind::Real, None)
    } else {
        (CellKind::Text, Some(Order::Text))
    };
    let sql = quote(&name, '"');
    TableColumn {
        source: name.clone(),
        name,
        select: sql.clone(),
        sql,
        declared,
        kind: Kind::Declared(kind),
        wire: Wire::Plain,
        order,
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
