//! Tables into SQLite and PostgreSQL: many rows a statement, everything in one transaction.

mod table;
mod sqlite;
mod postgres;

pub(crate) use postgres::fill_postgres;
pub(crate) use sqlite::{fill_sqlite, open_sqlite};
pub(crate) use table::{ColumnType, Table, Value};
