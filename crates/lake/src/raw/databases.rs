//! SQLite and PostgreSQL tables into the raw layer, a row at a time, asking only for what is new where a cursor says so.

use futures::{Stream, TryStreamExt};
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, Column as _, ConnectOptions, Connection, Row, TypeInfo, ValueRef};

use super::table::{Cell, RawKind, RawTable, State};
use super::{Pull, RejectedRow, Source, in_project};
use crate::Error;

/// A table as its database describes it.
struct TableSpec {
    name: String,
    columns: Vec<(String, RawKind)>,
    key: Vec<String>,
}

pub(super) async fn pull_sqlite(pull: &mut Pull<'_>) -> Result<(), Error> {
    let path = in_project(pull.project, pull.source.url.trim_start_matches("sqlite://"));
    if !path.is_file() {
        return Err(Error::Source {
            source_name: pull.name.to_owned(),
            problem: format!("no database file `{}`", path.display()),
            hint: "check `url` in plumb.toml; it is relative to the project folder".into(),
        });
    }
    let name = pull.name;
    let fail = |doing: &str| database_error(name, doing);
    let mut connection = SqliteConnectOptions::new()
        .filename(&path)
        .read_only(true)
        .connect()
        .await
        .map_err(fail("open the database"))?;
    for spec in sqlite_tables(&mut connection).await.map_err(fail("list the tables"))? {
        let Some(mut reading) = Reading::open(pull, &spec)? else { continue };
        let list = spec.columns.iter().map(|(column, _)| quote(column)).collect::<Vec<_>>().join(", ");
        let mut sql = format!("SELECT {list} FROM {}", quote(&spec.name));
        if let Some((cursor, _)) = reading.since() {
            sql.push_str(&format!(" WHERE {} >= ?", quote(cursor)));
        }
        let mut query = sqlx::query(AssertSqlSafe(sql));
        if let Some((_, since)) = reading.since() {
            query = query.bind(since.to_owned());
        }
        reading.take_all(query.fetch(&mut connection), sqlite_cells, pull).await?;
        reading.finish(pull)?;
    }
    connection.close().await.map_err(fail("close the database"))
}

pub(super) async fn pull_postgres(pull: &mut Pull<'_>) -> Result<(), Error> {
    let name = pull.name;
    let fail = |doing: &str| database_error(name, doing);
    let mut connection = PgConnection::connect(&pull.source.url).await.map_err(fail("connect"))?;
    // Casts to text must not depend on the server's settings.
    sqlx::query("SET TIME ZONE 'UTC'").execute(&mut connection).await.map_err(fail("set the time zone"))?;
    for spec in postgres_tables(&mut connection).await.map_err(fail("list the tables"))? {
        let Some(mut reading) = Reading::open(pull, &spec)? else { continue };
        let cast = |(column, kind): &(String, RawKind)| format!("{}::{}", quote(column), postgres_cast(*kind));
        let list = spec.columns.iter().map(cast).collect::<Vec<_>>().join(", ");
        let mut sql = format!("SELECT {list} FROM {}", quote(&spec.name));
        if let Some((cursor, _)) = reading.since() {
            let known = spec.columns.iter().find(|(column, _)| column == cursor);
            let kind = known.map_or(RawKind::Text, |(_, kind)| *kind);
            sql.push_str(&format!(" WHERE {} >= $1::text::{}", quote(cursor), postgres_cast(kind)));
        }
        let mut query = sqlx::query(AssertSqlSafe(sql));
        if let Some((_, since)) = reading.since() {
            query = query.bind(since.to_owned());
        }
        reading.take_all(query.fetch(&mut connection), postgres_cells, pull).await?;
        reading.finish(pull)?;
    }
    connection.close().await.map_err(fail("close the connection"))
}

type Cells = Vec<Result<Cell, String>>;

/// A table that is being read: the two databases differ only in how they are asked and how a cell is read.
struct Reading<'a> {
    spec: &'a TableSpec,
    table: RawTable,
    cursor: Option<String>,
    /// The cursor's largest value so far; before the first row, that of the last run.
    last: Option<String>,
    line: u64,
}

impl<'a> Reading<'a> {
    /// Opens a table for its new rows; `None` if the source is not to give it.
    fn open(pull: &Pull<'_>, spec: &'a TableSpec) -> Result<Option<Reading<'a>>, Error> {
        let wanted = &pull.source.tables;
        if !wanted.is_empty() && !wanted.contains(&spec.name) {
            return Ok(None);
        }
        let (cursor, last) = cursor_of(pull.name, pull.source, spec, pull.state)?;
        let key = pull.source.key.get(&spec.name).unwrap_or(&spec.key).clone();
        if let Some(missing) = key.iter().find(|key| spec.columns.iter().all(|(column, _)| column != *key)) {
            return Err(Error::Source {
                source_name: pull.name.to_owned(),
                problem: format!("table `{}` has no column `{missing}` for its key", spec.name),
                hint: "name columns that no two rows have in common".into(),
            });
        }
        let table = RawTable::open(pull.name, &spec.name, spec.columns.clone(), key, pull.raw_folder, pull.state)?;
        Ok(Some(Reading { spec, table, cursor, last, line: 0 }))
    }

    /// Returns the cursor's column, and the value from which on rows are asked for; `None` if all are.
    fn since(&self) -> Option<(&str, &str)> {
        self.cursor.as_deref().zip(self.last.as_deref())
    }

    async fn take_all<R>(
        &mut self,
        mut rows: impl Stream<Item = Result<R, sqlx::Error>> + Unpin,
        cells_of: impl Fn(&R, &[(String, RawKind)]) -> Cells,
        pull: &mut Pull<'_>,
    ) -> Result<(), Error> {
        let doing = format!("read table `{}`", self.spec.name);
        while let Some(row) = rows.try_next().await.map_err(database_error(pull.name, &doing))? {
            self.line += 1;
            pull.report.rows_read += 1;
            self.take(cells_of(&row, &self.spec.columns), pull)?;
        }
        Ok(())
    }

    fn take(&mut self, cells: Cells, pull: &mut Pull<'_>) -> Result<(), Error> {
        let (spec, line) = (self.spec, self.line);
        let origin = format!("{}.{}", pull.name, spec.name);
        let mut row = vec![Cell::Null; self.table.columns().len()];
        for ((column, _), cell) in spec.columns.iter().zip(cells) {
            let cell = match cell {
                Ok(cell) => cell,
                Err(reason) => {
                    pull.rejected.push(RejectedRow { file: origin, line, field: column.clone(), reason });
                    return Ok(());
                }
            };
            if self.cursor.as_ref() == Some(column) {
                advance(&mut self.last, &cell);
            }
            row[self.position(column).expect("opened with these columns")] = cell;
        }
        let key: Vec<String> =
            spec.key.iter().filter_map(|key| self.position(key)).map(|position| cell_text(&row[position])).collect();
        let origin = if key.is_empty() { format!("{origin}:{line}") } else { format!("{origin}:{}", key.join("/")) };
        self.table.push(row, origin)
    }

    fn position(&self, column: &str) -> Option<usize> {
        self.table.columns().iter().position(|(known, _)| known == column)
    }

    fn finish(self, pull: &mut Pull<'_>) -> Result<(), Error> {
        pull.report.rows_new += self.table.finish(self.last, pull.state)?;
        Ok(())
    }
}

fn cursor_of(
    name: &str,
    source: &Source,
    spec: &TableSpec,
    state: &State,
) -> Result<(Option<String>, Option<String>), Error> {
    let Some(cursor) = source.cursor.get(&spec.name) else { return Ok((None, None)) };
    match spec.columns.iter().find(|(column, _)| column == cursor) {
        Some((_, RawKind::Text | RawKind::Integer | RawKind::Moment)) => {
            let since = state.tables.get(&format!("{name}.{}", spec.name)).and_then(|table| table.cursor.clone());
            Ok((Some(cursor.clone()), since))
        }
        found => Err(Error::Source {
            source_name: name.to_owned(),
            problem: match found {
                Some(_) => format!("cursor `{cursor}` of table `{}` has no order to go by", spec.name),
                None => format!("table `{}` has no column `{cursor}` for its cursor", spec.name),
            },
            hint: "name a column that grows with every change, or leave the cursor out".into(),
        }),
    }
}

/// The cursor goes by text: numbers are compared as numbers, everything else as the database writes it.
fn advance(last: &mut Option<String>, cell: &Cell) {
    if matches!(cell, Cell::Null) {
        return;
    }
    let text = cell_text(cell);
    let later = match (&*last, cell) {
        (None, _) => true,
        (Some(known), Cell::Integer(value)) => known.parse::<i64>().is_ok_and(|known| *value > known),
        (Some(known), _) => text > *known,
    };
    if later {
        *last = Some(text);
    }
}

fn cell_text(cell: &Cell) -> String {
    match cell {
        Cell::Null => String::new(),
        Cell::Text(text) => text.clone(),
        Cell::Integer(value) => value.to_string(),
        Cell::Real(value) => value.to_string(),
        Cell::Flag(value) => value.to_string(),
        Cell::Moment(value) => crate::timestamp::from_micros(*value).format("%Y-%m-%d %H:%M:%S%.6f+00").to_string(),
    }
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
fn sqlite_kind(declared: &str) -> RawKind {
    let declared = declared.to_uppercase();
    if declared.contains("BOOL") {
        RawKind::Flag
    } else if declared.contains("INT") {
        RawKind::Integer
    } else if ["REAL", "FLOA", "DOUB", "NUMERIC", "DECIMAL"].iter().any(|word| declared.contains(word)) {
        RawKind::Real
    } else {
        RawKind::Text
    }
}

/// A SQLite column may hold anything whatever its declared type: a cell that does not fit is told as such.
fn sqlite_cells(row: &SqliteRow, columns: &[(String, RawKind)]) -> Cells {
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
            ("INTEGER" | "INT4" | "INT8", RawKind::Integer) => unchecked::<i64>(row, index).map(Cell::Integer),
            ("INTEGER" | "INT4" | "INT8" | "BOOLEAN", RawKind::Flag) => {
                unchecked::<i64>(row, index).map(|value| Cell::Flag(value != 0))
            }
            ("INTEGER" | "INT4" | "INT8", RawKind::Real) => {
                unchecked::<i64>(row, index).map(|value| Cell::Real(value as f64))
            }
            ("INTEGER" | "INT4" | "INT8", _) => unchecked::<i64>(row, index).map(|value| Cell::Text(value.to_string())),
            ("REAL", RawKind::Real) => unchecked::<f64>(row, index).map(Cell::Real),
            ("REAL", RawKind::Text) => unchecked::<f64>(row, index).map(|value| Cell::Text(value.to_string())),
            ("TEXT", RawKind::Text) => unchecked::<String>(row, index).map(Cell::Text),
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

fn postgres_kind(data_type: &str) -> RawKind {
    match data_type {
        "smallint" | "integer" | "bigint" => RawKind::Integer,
        "real" | "double precision" | "numeric" => RawKind::Real,
        "boolean" => RawKind::Flag,
        "timestamp with time zone" | "timestamp without time zone" => RawKind::Moment,
        _ => RawKind::Text,
    }
}

fn postgres_cast(kind: RawKind) -> &'static str {
    match kind {
        RawKind::Text => "text",
        RawKind::Integer => "bigint",
        RawKind::Real => "double precision",
        RawKind::Flag => "boolean",
        RawKind::Moment => "timestamptz",
    }
}

fn postgres_cells(row: &PgRow, columns: &[(String, RawKind)]) -> Cells {
    let tell = |error: sqlx::Error| error.to_string();
    columns
        .iter()
        .enumerate()
        .map(|(index, (_, kind))| {
            let cell = match kind {
                RawKind::Text => row.try_get::<Option<String>, _>(index).map_err(tell)?.map(Cell::Text),
                RawKind::Integer => row.try_get::<Option<i64>, _>(index).map_err(tell)?.map(Cell::Integer),
                RawKind::Real => row.try_get::<Option<f64>, _>(index).map_err(tell)?.map(Cell::Real),
                RawKind::Flag => row.try_get::<Option<bool>, _>(index).map_err(tell)?.map(Cell::Flag),
                RawKind::Moment => row
                    .try_get::<Option<chrono::DateTime<chrono::Utc>>, _>(index)
                    .map_err(tell)?
                    .map(|moment| Cell::Moment(moment.timestamp_micros())),
            };
            Ok(cell.unwrap_or(Cell::Null))
        })
        .collect()
}

fn quote(identifier: &str) -> String {
    format!("\"{}\"", identifier.replace('"', "\"\""))
}

fn database_error(source: &str, doing: &str) -> impl FnOnce(sqlx::Error) -> Error + use<> {
    let (source_name, doing) = (source.to_owned(), doing.to_owned());
    move |source| Error::Database { source_name, doing, source }
}
