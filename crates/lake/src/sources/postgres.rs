//! PostgreSQL databases.

use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Connection, Row};

use super::database_table::{Cells, TableReading, TableSpec, database_error, quote};
use super::source_pull::SourcePull;
use crate::error::Error;
use plumb_connectors::{Cell, CellKind};

/// What makes all reads of a transaction see one state. Writers are not kept waiting.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";

/// Copies the new rows of all tables, in one transaction: a row of one table that another refers to is read with it.
pub(super) async fn pull(pull: &mut SourcePull<'_>) -> Result<(), Error> {
    let name = pull.name;
    let fail = |doing: &str| database_error(name, doing);
    let mut connection = PgConnection::connect(&pull.source.url).await.map_err(fail("connect"))?;
    // Casts to text must not depend on the server's settings.
    sqlx::query("SET TIME ZONE 'UTC'").execute(&mut connection).await.map_err(fail("set the time zone"))?;
    // Its first read, the list of the tables, fixes what the others see.
    let mut transaction = connection.begin_with(BEGIN).await.map_err(fail("begin a transaction"))?;
    for spec in postgres_tables(&mut transaction).await.map_err(fail("list the tables"))? {
        let Some(mut reading) = TableReading::open(pull, &spec)? else { continue };
        let cast = |(column, kind): &(String, CellKind)| format!("{}::{}", quote(column), postgres_cast(*kind));
        let list = spec.columns.iter().map(cast).collect::<Vec<_>>().join(", ");
        let mut sql = format!("SELECT {list} FROM {}", quote(&spec.name));
        if let Some((cursor, _)) = reading.since() {
            let known = spec.columns.iter().find(|(column, _)| column == cursor);
            let kind = known.map_or(CellKind::Text, |(_, kind)| *kind);
            sql.push_str(&format!(" WHERE {} >= $1::text::{}", quote(cursor), postgres_cast(kind)));
        }
        let mut query = sqlx::query(AssertSqlSafe(sql));
        if let Some((_, since)) = reading.since() {
            query = query.bind(since.to_owned());
        }
        reading.add_all(query.fetch(&mut *transaction), postgres_cells, pull).await?;
        reading.finish(pull)?;
    }
    transaction.rollback().await.map_err(fail("end the transaction"))?;
    connection.close().await.map_err(fail("close the connection"))
}

async fn postgres_tables(connection: &mut PgConnection) -> Result<Vec<TableSpec>, sqlx::Error> {
    let rows: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT table_name::text, column_name::text, data_type::text FROM information_schema.columns
         WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position",
    )
    .fetch_all(&mut *connection)
    .await?;
    let keys: Vec<(String, String)> = sqlx::query_as(
        "SELECT k.table_name::text, k.column_name::text
         FROM information_schema.table_constraints c
         JOIN information_schema.key_column_usage k USING (constraint_schema, constraint_name)
         WHERE c.constraint_type = 'PRIMARY KEY' AND c.table_schema = current_schema()
         ORDER BY k.table_name, k.ordinal_position",
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut specs: Vec<TableSpec> = Vec::new();
    for (table, column, data_type) in rows {
        if specs.last().is_none_or(|spec| spec.name != table) {
            let key = keys.iter().filter(|(of, _)| *of == table).map(|(_, column)| column.clone()).collect();
            specs.push(TableSpec { name: table, columns: Vec::new(), key });
        }
        let spec = specs.last_mut().expect("pushed above");
        spec.columns.push((column, postgres_kind(&data_type)));
    }
    Ok(specs)
}

fn postgres_kind(data_type: &str) -> CellKind {
    match data_type {
        "smallint" | "integer" | "bigint" => CellKind::Integer,
        "real" | "double precision" | "numeric" => CellKind::Real,
        "boolean" => CellKind::Flag,
        "timestamp with time zone" | "timestamp without time zone" => CellKind::Timestamp,
        _ => CellKind::Text,
    }
}

fn postgres_cast(kind: CellKind) -> &'static str {
    match kind {
        CellKind::Text => "text",
        CellKind::Integer => "bigint",
        CellKind::Real => "double precision",
        CellKind::Flag => "boolean",
        CellKind::Timestamp => "timestamptz",
    }
}

fn postgres_cells(row: &PgRow, columns: &[(String, CellKind)]) -> Cells {
    let describe = |error: sqlx::Error| error.to_string();
    columns
        .iter()
        .enumerate()
        .map(|(index, (_, kind))| {
            let cell = match kind {
                CellKind::Text => row.try_get::<Option<String>, _>(index).map_err(describe)?.map(Cell::Text),
                CellKind::Integer => row.try_get::<Option<i64>, _>(index).map_err(describe)?.map(Cell::Integer),
                CellKind::Real => row.try_get::<Option<f64>, _>(index).map_err(describe)?.map(Cell::Real),
                CellKind::Flag => row.try_get::<Option<bool>, _>(index).map_err(describe)?.map(Cell::Flag),
                CellKind::Timestamp => row
                    .try_get::<Option<chrono::DateTime<chrono::Utc>>, _>(index)
                    .map_err(describe)?
                    .map(|timestamp| Cell::Timestamp(timestamp.timestamp_micros())),
            };
            Ok(cell.unwrap_or(Cell::Null))
        })
        .collect()
}
