//! The raw rows as tables of SQL: `<source>.<table>`, of rows with a key only the newest version.

use std::path::Path;
use std::sync::Arc;

use datafusion::arrow::datatypes::Schema;
use datafusion::catalog::{MemorySchemaProvider, SchemaProvider};
use datafusion::prelude::{ParquetReadOptions, SessionContext};

use crate::error::Error;
use crate::posted::with_posted_columns;
use crate::raw::{State, TableState, schema_of, stored_schema};

/// Makes every raw table visible in the session.
pub(super) async fn register(context: &SessionContext, raw_folder: &Path, state: &State) -> Result<(), Error> {
    let catalog = context.catalog("datafusion").expect("a new session has its default catalog");
    for (name, table) in &with_posted_columns(&state.tables) {
        let (source, table_name) = name.split_once('.').expect("raw tables are named with a dot");
        if catalog.schema(source).is_none() {
            let schema: Arc<dyn SchemaProvider> = Arc::new(MemorySchemaProvider::new());
            catalog.register_schema(source, schema).map_err(Error::engine("register a source"))?;
        }
        register_table(context, source, table_name, raw_folder, table).await?;
    }
    Ok(())
}

async fn register_table(
    context: &SessionContext,
    source: &str,
    table_name: &str,
    raw_folder: &Path,
    table: &TableState,
) -> Result<(), Error> {
    let doing = Error::engine::<datafusion::error::DataFusionError>;
    let full_name = (source.to_owned(), table_name.to_owned());
    let reference = || datafusion::common::TableReference::partial(full_name.0.as_str(), full_name.1.as_str());
    let paths: Vec<String> =
        table.parts.iter().map(|part| raw_folder.join(&part.path).to_string_lossy().into_owned()).collect();
    if paths.is_empty() {
        let empty = datafusion::datasource::MemTable::try_new(schema_of(&table.columns), vec![vec![]])
            .map_err(doing("register a raw table"))?;
        context.register_table(reference(), Arc::new(empty)).map_err(doing("register a raw table"))?;
        return Ok(());
    }
    let (visible, stored) = (schema_of(&table.columns), stored_schema(&table.columns));
    let schema = if table.has_versions { &stored } else { &visible };
    let options = ParquetReadOptions::default().schema(schema as &Schema);
    let mut rows = context.read_parquet(paths, options).await.map_err(doing("open a raw table"))?;
    if table.has_versions {
        rows = newest(context, rows, table).await?;
    }
    context.register_table(reference(), rows.into_view()).map_err(doing("register a raw table"))?;
    Ok(())
}

/// Returns the newest row of each key. What a row was before is the business of the source's own history, or of change
/// detection.
async fn newest(
    context: &SessionContext,
    rows: datafusion::dataframe::DataFrame,
    table: &TableState,
) -> Result<datafusion::dataframe::DataFrame, Error> {
    let doing = Error::engine::<datafusion::error::DataFusionError>;
    let quote = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let columns: Vec<String> = schema_of(&table.columns).fields().iter().map(|field| quote(field.name())).collect();
    context.register_table("_versions", rows.into_view()).map_err(doing("register a raw table"))?;
    let sql = format!(
        "SELECT {columns} FROM (
           SELECT *, row_number() OVER (PARTITION BY _key ORDER BY _sequence DESC) AS _version FROM _versions
         ) WHERE _version = 1",
        columns = columns.join(", "),
    );
    let newest = context.sql(&sql).await.map_err(doing("find the newest rows of a raw table"))?;
    context.deregister_table("_versions").map_err(doing("register a raw table"))?;
    Ok(newest)
}
