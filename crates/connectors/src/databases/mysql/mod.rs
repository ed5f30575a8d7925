//! MySQL and MariaDB: a consistent snapshot of all tables of InnoDB.

mod catalog;
mod types;

use std::str::FromStr;
use std::time::Duration;

use futures::TryStreamExt;
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row, ValueRef};

use super::cells::hex;
use super::config::{DatabaseConfig, LOOK_BACK_NUMBERS};
use super::failure::{failed, within};
use super::table::{Horizon, Listing, Order, Query, Server, Table, TableColumn, Take, Value, Wire};
use crate::cell::CellKind;
use crate::error::Error;

/// All reads see one state and keep no writer waiting. (The driver sets the time zone to UTC.) Rows are waited for while others
/// are written down here: that may take longer than the minute after which the server would leave.
const BEGIN: [&str; 3] = [
    "SET SESSION net_write_timeout = 86400, SESSION wait_timeout = 86400",
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
];

/// Why there is no text of a shape that is there.
const LONG_SHAPE: &str =
    "as text it is longer than the server's `max_allowed_packet`: raise that, or leave the column out";

/// A connection in a transaction.
pub(super) struct MySql {
    connection: MySqlConnection,
    limit: Duration,
}

impl MySql {
    /// Connects, and begins a transaction.
    pub(super) async fn connect(config: &DatabaseConfig) -> Result<MySql, Error> {
        let url = config.url.replacen("mariadb://", "mysql://", 1);
        let options = MySqlConnectOptions::from_str(&url).map_err(|error| failed("read the address", error))?;
        let options = options.disable_statement_logging();
        let mut connection = within(config.connect_timeout, "connect", options.connect()).await?;
        for statement in BEGIN {
            let begin = sqlx::raw_sql(statement).execute(&mut connection);
            within(config.statement_timeout, "begin a transaction", begin).await?;
        }
        Ok(MySql { connection, limit: config.statement_timeout })
    }
}

impl Server for MySql {
    async fn list(&mut self, wanted: &[String]) -> Result<Listing, Error> {
        catalog::list(&mut self.connection, self.limit, wanted).await
    }

    async fn text(&mut self, query: Query) -> Result<Option<String>, Error> {
        let statement = sqlx::query(AssertSqlSafe(query.sql)).persistent(false);
        let row = within(self.limit, &query.doing, statement.fetch_optional(&mut self.connection)).await?;
        let Some(row) = row else { return Ok(None) };
        text(&row, 0).map_err(|error| failed(&query.doing, error))
    }

    async fn rows(&mut self, query: Query, columns: &[TableColumn], take: Take<'_>) -> Result<(), Error> {
        let mut statement = sqlx::query(AssertSqlSafe(query.sql)).persistent(false);
        if let Some(bind) = query.bind {
            statement = statement.bind(bind);
        }
        let mut rows = statement.fetch(&mut self.connection);
        while let Some(row) = within(self.limit, &query.doing, rows.try_next()).await? {
            let values = columns.iter().enumerate().map(|(index, column)| value(&row, index, column)).collect();
            take(values)?;
        }
        Ok(())
    }

    async fn horizon(&mut self) -> Result<Option<Horizon>, Error> {
        Ok(None)
    }

    fn since(&self, column: &TableColumn, order: Order, look_back: Duration) -> String {
        let seconds = look_back.as_secs();
        match order {
            Order::Moment => format!("{} >= CAST(? AS DATETIME(6)) - INTERVAL {seconds} SECOND", column.sql),
            Order::Date => {
                format!("{} >= CAST(? AS DATE) - INTERVAL {} DAY", column.sql, seconds.div_ceil(24 * 60 * 60))
            }
            Order::Integer | Order::Decimal => {
                format!("{} >= CAST(? AS DECIMAL(65, 0)) - {LOOK_BACK_NUMBERS}", column.sql)
            }
            Order::Text => format!("{} >= ?", column.sql),
        }
    }

    fn last(&self, table: &Table, column: &TableColumn, order: Order) -> String {
        let (column, table) = (&column.sql, &table.sql);
        let before = |now: &str| {
            format!("SELECT CAST({column} AS CHAR) FROM {table} WHERE {column} <= {now} ORDER BY {column} DESC LIMIT 1")
        };
        match order {
            Order::Moment => before("UTC_TIMESTAMP(6)"),
            Order::Date => before("UTC_DATE()"),
            Order::Integer | Order::Decimal => format!("SELECT CAST(FLOOR(MAX({column})) AS CHAR) FROM {table}"),
            Order::Text => format!("SELECT CAST(MAX({column}) AS CHAR) FROM {table}"),
        }
    }

    async fn end(mut self) -> Result<(), Error> {
        let end = sqlx::raw_sql("ROLLBACK").execute(&mut self.connection);
        within(self.limit, "end the transaction", end).await?;
        within(self.limit, "close the connection", self.connection.close()).await
    }
}

/// Returns a value of a row whose columns have the types that `types` casts to.
fn value(row: &MySqlRow, index: usize, column: &TableColumn) -> Value {
    let read = || {
        if row.try_get_raw(index)?.is_null() {
            return Ok(Value::Null);
        }
        Ok(match column.kind.narrow() {
            _ if column.wire == Wire::Bytes => Value::Text(hex(row.try_get_unchecked(index)?)),
            CellKind::Integer | CellKind::Flag if column.is_plain() => Value::Integer(row.try_get_unchecked(index)?),
            CellKind::Real if column.is_plain() => Value::Real(row.try_get_unchecked(index)?),
            _ => match text(row, index)? {
                Some(text) if column.wire == Wire::Shape && text.is_empty() => Value::Unreadable(LONG_SHAPE.to_owned()),
                text => text.map_or(Value::Null, Value::Text),
            },
        })
    };
    read().unwrap_or_else(|error: sqlx::Error| Value::Unreadable(error.to_string()))
}

fn text(row: &MySqlRow, index: usize) -> Result<Option<String>, sqlx::Error> {
    let bytes: Option<&[u8]> = row.try_get_unchecked(index)?;
    let utf8 = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(|error| sqlx::Error::Decode(error.into()));
    bytes.map(utf8).transpose()
}
