//! Tables into PostgreSQL.

use anyhow::{Context, Result};
use sqlx::{AssertSqlSafe, Executor, PgConnection};

use super::table::{Chunks, ColumnType, Table, Value};
use crate::calendar;

/// Creates the table and fills it. A table that is there already is an error: it may belong to another program.
pub(crate) async fn fill_postgres(
    connection: &mut PgConnection,
    table: &Table,
    rows: impl Iterator<Item = Vec<Value>>,
) -> Result<()> {
    let failed = || {
        format!("cannot write table `{}` in PostgreSQL; the demo wants a database of its own, an empty one", table.name)
    };
    let create = table.create(|kind| match kind {
        ColumnType::Text => "TEXT",
        ColumnType::Integer => "BIGINT",
        ColumnType::Real => "DOUBLE PRECISION",
        ColumnType::Flag => "BOOLEAN",
        ColumnType::Timestamp => "TIMESTAMPTZ",
    });
    connection.execute(AssertSqlSafe(create)).await.with_context(failed)?;
    for chunk in Chunks(rows) {
        let mut query = sqlx::query(AssertSqlSafe(table.insert(chunk.len(), |position| format!("${position}"))));
        let types = table.columns.iter().map(|(_, kind)| *kind).cycle();
        for (value, kind) in chunk.into_iter().flatten().zip(types) {
            query = match (value, kind) {
                // PostgreSQL wants to know the type of a NULL.
                (Value::Null, ColumnType::Text) => query.bind(None::<String>),
                (Value::Null, ColumnType::Integer) => query.bind(None::<i64>),
                (Value::Null, ColumnType::Real) => query.bind(None::<f64>),
                (Value::Null, ColumnType::Flag) => query.bind(None::<bool>),
                (Value::Null, ColumnType::Timestamp) => query.bind(None::<chrono::DateTime<chrono::Utc>>),
                (Value::Text(text), _) => query.bind(text),
                (Value::Word(word), _) => query.bind(word),
                (Value::Integer(number), _) => query.bind(number),
                (Value::Real(number), _) => query.bind(number),
                (Value::Flag(flag), _) => query.bind(flag),
                (Value::Timestamp(moment), _) => query.bind(calendar::utc_date(moment)),
            };
        }
        query.execute(&mut *connection).await.with_context(failed)?;
    }
    Ok(())
}
