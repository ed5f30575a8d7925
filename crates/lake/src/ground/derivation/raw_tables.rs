//! The raw rows as tables of SQL: `<source>.<table>`, of rows with a key only the newest version, unless a file asks for more.

use std::path::Path;
use std::sync::Arc;

use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::catalog::{MemorySchemaProvider, SchemaProvider};
use datafusion::dataframe::DataFrame;
use datafusion::prelude::{ParquetReadOptions, SessionContext};
use plumb_connectors::CellKind;

use crate::error::Error;
use crate::posted::with_posted_columns;
use crate::raw::{State, TableState, schema_of, stored_schema};
use crate::sql_file::SqlFile;
use crate::timestamp::timestamp_type;

/// Which raw rows a file of SQL sees, by the columns that it names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RowsSeen {
    /// Those too whose delete was heard: the file names `_deleted_at`.
    deleted: bool,
    /// All versions of a row, not the newest alone: the file names `_changed_at`.
    versions: bool,
}

impl RowsSeen {
    /// Returns what a file sees.
    pub(super) fn by(file: &SqlFile) -> RowsSeen {
        let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
        let names = |name: &str| file.sql.split(|letter| !is_word(letter)).any(|word| word.eq_ignore_ascii_case(name));
        RowsSeen { deleted: names("_deleted_at"), versions: names("_changed_at") }
    }
}

/// Makes every raw table visible in the session.
pub(super) async fn register(
    context: &SessionContext,
    raw_folder: &Path,
    state: &State,
    seen: RowsSeen,
) -> Result<(), Error> {
    let catalog = context.catalog("datafusion").expect("a new session has its default catalog");
    for (name, table) in &with_posted_columns(&state.tables) {
        let (source, table_name) = name.split_once('.').expect("raw tables are named with a dot");
        if catalog.schema(source).is_none() {
            let schema: Arc<dyn SchemaProvider> = Arc::new(MemorySchemaProvider::new());
            catalog.register_schema(source, schema).map_err(Error::engine("register a source"))?;
        }
        register_table(context, source, table_name, raw_folder, table, seen).await?;
    }
    Ok(())
}

async fn register_table(
    context: &SessionContext,
    source: &str,
    table_name: &str,
    raw_folder: &Path,
    table: &TableState,
    seen: RowsSeen,
) -> Result<(), Error> {
    let doing = Error::engine::<datafusion::error::DataFusionError>;
    let full_name = (source.to_owned(), table_name.to_owned());
    let reference = || datafusion::common::TableReference::partial(full_name.0.as_str(), full_name.1.as_str());
    let paths: Vec<String> =
        table.parts.iter().map(|part| raw_folder.join(&part.path).to_string_lossy().into_owned()).collect();
    if paths.is_empty() {
        let schema = seen_schema(&table.columns, seen);
        let empty =
            datafusion::datasource::MemTable::try_new(schema, vec![vec![]]).map_err(doing("register a raw table"))?;
        context.register_table(reference(), Arc::new(empty)).map_err(doing("register a raw table"))?;
        return Ok(());
    }
    let (visible, stored) = (schema_of(&table.columns), stored_schema(&table.columns));
    let schema = if table.has_versions || seen != RowsSeen::default() { &stored } else { &visible };
    let options = ParquetReadOptions::default().schema(schema as &Schema);
    let mut rows = context.read_parquet(paths, options).await.map_err(doing("open a raw table"))?;
    if table.has_versions || seen != RowsSeen::default() {
        rows = rows_seen(context, rows, table, seen).await?;
    }
    context.register_table(reference(), rows.into_view()).map_err(doing("register a raw table"))?;
    Ok(())
}

/// Returns the columns of a table as a file sees them.
fn seen_schema(columns: &[(String, CellKind)], seen: RowsSeen) -> SchemaRef {
    let mut fields: Vec<Field> = schema_of(columns).fields().iter().map(|field| field.as_ref().clone()).collect();
    let own = [(seen.deleted, "_deleted_at"), (seen.versions, "_changed_at")];
    fields.extend(own.into_iter().filter(|(is_seen, _)| *is_seen).map(|(_, name)| time_field(name)));
    Arc::new(Schema::new(fields))
}

fn time_field(name: &str) -> Field {
    Field::new(name, timestamp_type(), true)
}

/// Returns the rows that a file sees. Unless it asks for more, these are the newest version of each row that is not
/// deleted: what a row was before is the business of the source's own history, or of change detection.
async fn rows_seen(
    context: &SessionContext,
    rows: DataFrame,
    table: &TableState,
    seen: RowsSeen,
) -> Result<DataFrame, Error> {
    let doing = Error::engine::<datafusion::error::DataFusionError>;
    context.register_table("_versions", rows.into_view()).map_err(doing("register a raw table"))?;
    let quote = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let columns: Vec<String> = schema_of(&table.columns).fields().iter().map(|field| quote(field.name())).collect();
    let columns = columns.join(", ");
    let sql = if seen == RowsSeen::default() { newest_sql(&columns) } else { versions_sql(&columns, seen) };
    let seen = context.sql(&sql).await.map_err(doing("find the newest rows of a raw table"))?;
    context.deregister_table("_versions").map_err(doing("register a raw table"))?;
    Ok(seen)
}

fn newest_sql(columns: &str) -> String {
    format!(
        "SELECT {columns} FROM (
           SELECT *, row_number() OVER (PARTITION BY _key ORDER BY _sequence DESC) AS _version FROM _versions
         ) WHERE _version = 1 AND _deleted_at IS NULL"
    )
}

/// A delete is a row of its own, which need not have more than the key; the versions before it have the values.
fn versions_sql(columns: &str, seen: RowsSeen) -> String {
    let deleted_at = "CASE WHEN _last_delete > _sequence THEN _last_deleted_at ELSE _deleted_at END";
    let changed_at = "CASE WHEN _version > 1 THEN _learned_at END";
    let mut columns = columns.to_owned();
    let mut condition = "(_deleted_at IS NULL OR _versions = 1)".to_owned();
    match seen.deleted {
        true => columns += &format!(", {deleted_at} AS _deleted_at"),
        false => condition += " AND _deleted_at IS NULL AND (_last_delete IS NULL OR _last_delete < _last)",
    }
    match seen.versions {
        true => columns += &format!(", {changed_at} AS _changed_at"),
        false => condition += " AND _from_newest = 1",
    }
    format!(
        "SELECT {columns} FROM (
           SELECT *,
             row_number() OVER (PARTITION BY _key ORDER BY _deleted_at IS NOT NULL, _sequence DESC) AS _from_newest,
             row_number() OVER (PARTITION BY _key ORDER BY _deleted_at IS NOT NULL, _sequence) AS _version,
             count(*) OVER (PARTITION BY _key) AS _versions,
             max(_sequence) OVER (PARTITION BY _key) AS _last,
             max(CASE WHEN _deleted_at IS NOT NULL THEN _sequence END) OVER (PARTITION BY _key) AS _last_delete,
             max(_deleted_at) OVER (PARTITION BY _key) AS _last_deleted_at
           FROM _versions
         ) WHERE {condition}"
    )
}
