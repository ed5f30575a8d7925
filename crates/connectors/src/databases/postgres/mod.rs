//! PostgreSQL: a snapshot of all tables, and rows by the transactions that wrote them.

mod catalog;
mod types;
mod values;

use std::str::FromStr;
use std::time::Duration;

use futures::TryStreamExt;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row};

use super::config::{DatabaseConfig, LOOK_BACK_NUMBERS};
use super::failure::{failed, within};
use super::table::{Horizon, Listing, Order, Query, Server, Table, TableColumn, Take};
use crate::error::Error;

/// All reads see one state and keep no writer waiting. Texts do not depend on the server's settings.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY;
    SET LOCAL TIME ZONE 'UTC'; SET LOCAL datestyle = 'ISO'; SET LOCAL intervalstyle = 'postgres';
    SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 3";

/// A connection in a transaction.
pub(super) struct Postgres {
    connection: PgConnection,
    limit: Duration,
}

impl Postgres {
    /// Connects, and begins a transaction.
    pub(super) async fn connect(config: &DatabaseConfig) -> Result<Postgres, Error> {
        let options = PgConnectOptions::from_str(&config.url).map_err(|error| failed("read the address", error))?;
        let options = options.disable_statement_logging();
        let mut connection = within(config.connect_timeout, "connect", options.connect()).await?;
        let begin = sqlx::raw_sql(BEGIN).execute(&mut connection);
        within(config.statement_timeout, "begin a transaction", begin).await?;
        Ok(Postgres { connection, limit: config.statement_timeout })
    }
}

impl Server for Postgres {
    async fn list(&mut self, wanted: &[String]) -> Result<Listing, Error> {
        catalog::list(&mut self.connection, self.limit, wanted).await
    }

    async fn text(&mut self, query: Query) -> Result<Option<String>, Error> {
        let statement = sqlx::query_scalar::<_, Option<String>>(AssertSqlSafe(query.sql)).persistent(false);
        let row = statement.fetch_optional(&mut self.connection);
        Ok(within(self.limit, &query.doing, row).await?.flatten())
    }

    async fn rows(&mut self, query: Query, columns: &[TableColumn], take: Take<'_>) -> Result<(), Error> {
        let mut statement = sqlx::query(AssertSqlSafe(query.sql)).persistent(false);
        if let Some(bind) = query.bind {
            statement = statement.bind(bind);
        }
        let mut rows = statement.fetch(&mut self.connection);
        while let Some(row) = within(self.limit, &query.doing, rows.try_next()).await? {
            let values = (0..columns.len()).map(|index| values::value(&row, index)).collect();
            take(values)?;
        }
        Ok(())
    }

    async fn horizon(&mut self) -> Result<Option<Horizon>, Error> {
        let sql = "SELECT txid_snapshot_xmin(s), txid_snapshot_xmax(s) FROM txid_current_snapshot() s";
        let row = sqlx::query(sql).persistent(false).fetch_one(&mut self.connection);
        let row = within(self.limit, "read the transactions' numbers", row).await?;
        let number = |index: usize| row.try_get::<i64, _>(index).ok().and_then(|number| u64::try_from(number).ok());
        Ok(number(0).zip(number(1)).map(|(ended_before, next)| Horizon { ended_before, next }))
    }

    fn since(&self, column: &TableColumn, order: Order, look_back: Duration) -> String {
        let value = format!("$1::text::{}", types::base_name(&column.declared));
        let seconds = look_back.as_secs();
        match order {
            Order::Moment => format!("{} >= ({value} - interval '{seconds} seconds')", column.sql),
            Order::Date => format!("{} >= ({value} - {})", column.sql, seconds.div_ceil(24 * 60 * 60)),
            Order::Integer => {
                format!("{} >= greatest($1::text::numeric - {LOOK_BACK_NUMBERS}, {})::int8", column.sql, i64::MIN)
            }
            Order::Decimal => format!("{} >= ($1::text::numeric - {LOOK_BACK_NUMBERS})", column.sql),
            Order::Text => format!("{} >= $1::text", column.sql),
        }
    }

    fn last(&self, table: &Table, column: &TableColumn, order: Order) -> String {
        let (column, table) = (&column.sql, &table.sql);
        match order {
            Order::Moment | Order::Date => {
                format!("SELECT {column}::text FROM {table} WHERE {column} <= now() ORDER BY {column} DESC LIMIT 1")
            }
            Order::Decimal => format!("SELECT max({column})::text FROM {table} WHERE {column} <> 'NaN'"),
            Order::Integer | Order::Text => format!("SELECT max({column})::text FROM {table}"),
        }
    }

    async fn end(mut self) -> Result<(), Error> {
        let end = sqlx::raw_sql("ROLLBACK").execute(&mut self.connection);
        within(self.limit, "end the transaction", end).await?;
        within(self.limit, "close the connection", self.connection.close()).await
    }
}
