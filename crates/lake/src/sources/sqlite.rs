//! SQLite databases.

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, Column as _, ConnectOptions, Connection, Row, TypeInfo, ValueRef};

use super::database_table::{Cells, TableReading, TableSpec, database_error, quote};
use super::source::in_project;
use super::source_pull::SourcePull;
use crate::error::Error;
use crate::files::limits::{DATABASE_BYTES_FREE, DATABASE_RATIO};
use plumb_connectors::{Cell, CellKind};

/// Copies the new rows of all tables, in one transaction: a row of one table that another refers to is read with it.
///
/// Where the database is in SQLite's WAL mode, others write meanwhile; otherwise they wait until all is read.
pub(super) async fn pull(pull: &mut SourcePull<'_>) -> Result<(), Error> {
    let path = in_project(pull.project, pull.source.url.trim_start_matches("sqlite://"));
    if !path.is_file() {
        let problem = format!("no database file `{}`", path.display());
        return Err(pull.error(problem, "check `url` in plumb.toml; it is relative to the project folder"));
    }
    let bytes = path.metadata().map_err(Error::file("read", &path))?.len();
    let bytes_max = DATABASE_BYTES_FREE.max(bytes.saturating_mul(DATABASE_RATIO));
    let name = pull.name;
    let fail = |doing: &str| database_error(name, doing);
    let mut connection = SqliteConnectOptions::new()
        .filename(&path)
        .read_only(true)
        .connect()
        .await
        .map_err(fail("open the database"))?;
    // Its first read, the list of the tables, fixes what the others see.
    let mut transaction = connection.begin().await.map_err(fail("begin a transaction"))?;
    for spec in sqlite_tables(&mut transaction).await.map_err(fail("list the tables"))? {
        let Some(reading) = TableReading::open(pull, &spec)? else { continue };
        let mut reading = reading.within(bytes_max);
        let list = spec.columns.iter().map(|(column, _)| quote(column)).collect::<Vec<_>>().join(", ");
        let mut sql = format!("SELECT {list} FROM {}", quote(&spec.name));
        if let Some((cursor, _)) = reading.since() {
            sql.push_str(&format!(" WHERE {} >= ?", quote(cursor)));
        }
        let mut query = sqlx::query(AssertSqlSafe(sql));
        if let Some((_, since)) = reading.since() {
            query = query.bind(since.to_owned());
        }
        reading.add_all(query.fetch(&mut *transaction), sqlite_cells, pull).await?;
        reading.finish(pull)?;
    }
    transaction.rollback().await.map_err(fail("end the transaction"))?;
    connection.close().await.map_err(fail("close the database"))
}

async fn sqlite_tables(connection: &mut SqliteConnection) -> Result<Vec<TableSpec>, sqlx::Error> {
    let names: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY name",
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut specs = Vec::with_capacity(names.len());
    for name in names {
        let rows = sqlx::query("SELECT name, type, pk FROM pragma_table_info(?) ORDER BY cid")
            .bind(&name)
            .fetch_all(&mut *connection)
            .await?;
        let mut columns = Vec::with_capacity(rows.len());
        let mut key = Vec::new();
        for row in rows {
            let (column, declared, position): (String, String, i64) = (row.get(0), row.get(1), row.get(2));
            if position > 0 {
                key.push((position, column.clone()));
            }
            columns.push((column, sqlite_kind(&declared)));
        }
        key.sort();
        specs.push(TableSpec { name, columns, key: key.into_iter().map(|(_, column)| column).collect() });
    }
    Ok(specs)
}

/// SQLite's own affinity rules, with booleans apart.
fn sqlite_kind(declared: &str) -> CellKind {
    let declared = declared.to_uppercase();
    if declared.contains("BOOL") {
        CellKind::Flag
    } else if declared.contains("INT") {
        CellKind::Integer
    } else if ["REAL", "FLOA", "DOUB", "NUMERIC", "DECIMAL"].iter().any(|word| declared.contains(word)) {
        CellKind::Real
    } else {
        CellKind::Text
    }
}

/// A SQLite column may hold anything whatever its declared type: a cell that does not fit rejects its row.
fn sqlite_cells(row: &SqliteRow, columns: &[(String, CellKind)]) -> Cells {
    let mut cells = Vec::with_capacity(columns.len());
    for (index, (_, kind)) in columns.iter().enumerate() {
        let actual = match row.try_get_raw(index) {
            Ok(value) if value.is_null() => "NULL".to_owned(),
            Ok(value) => value.type_info().name().to_owned(),
            Err(error) => {
                cells.push(Err(error.to_string()));
                continue;
            }
        };
        cells.push(match (actual.as_str(), kind) {
            ("NULL", _) => Ok(Cell::Null),
            ("INTEGER" | "INT4" | "INT8", CellKind::Integer) => unchecked::<i64>(row, index).map(Cell::Integer),
            ("INTEGER" | "INT4" | "INT8" | "BOOLEAN", CellKind::Flag) => {
                unchecked::<i64>(row, index).map(|value| Cell::Flag(value != 0))
            }
            ("INTEGER" | "INT4" | "INT8", CellKind::Real) => {
                unchecked::<i64>(row, index).map(|value| Cell::Real(value as f64))
            }
            ("INTEGER" | "INT4" | "INT8", _) => unchecked::<i64>(row, index).map(|value| Cell::Text(value.to_string())),
            ("REAL", CellKind::Real) => unchecked::<f64>(row, index).map(Cell::Real),
            ("REAL", CellKind::Text) => unchecked::<f64>(row, index).map(|value| Cell::Text(value.to_string())),
            ("TEXT", CellKind::Text) => unchecked::<String>(row, index).map(Cell::Text),
            ("TEXT", _) => {
                let text = unchecked::<String>(row, index).unwrap_or_default();
                Err(format!("`{text}` is text in a column declared as {kind:?}"))
            }
            (other, _) => Err(format!("a value of type {other} in a column declared as {kind:?}")),
        });
    }
    cells
}

fn unchecked<'r, T>(row: &'r SqliteRow, index: usize) -> Result<T, String>
where
    T: sqlx::Decode<'r, sqlx::Sqlite>,
{
    row.try_get_unchecked(index).map_err(|error| format!("column `{}`: {error}", row.column(index).name()))
}
