//! An opened version of the ground.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::concat_batches;
use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::catalog::TableProvider;
use datafusion::dataframe::DataFrame;
use datafusion::error::DataFusionError;
use datafusion::prelude::{Expr, ParquetReadOptions, SessionContext};

use super::derivation::Undated;
use super::lead_order::{Relation, RelationFiles};
use super::versions::Version;
use crate::engine::session;
use crate::error::Error;
use crate::files::parquet_records::{Keep, ParquetRecords};
use crate::timestamp::timestamp_type;

/// An opened version of the ground.
pub(crate) struct Ground {
    version: Version,
    lead: Arc<dyn TableProvider>,
    event: Arc<dyn TableProvider>,
    /// The same relations, to be read in the order of leads.
    pub(crate) files: Arc<RelationFiles>,
    /// A session in which the relations are tables.
    context: SessionContext,
}

impl Ground {
    /// Opens the current version of a data folder, which stays while this does; `None` before the first one.
    pub(crate) async fn open_current(data: &Path) -> Result<Option<Ground>, Error> {
        let data = data.to_owned();
        // All of its files are read for their hashes.
        match tokio::task::spawn_blocking(move || Version::current(&data)).await.map_err(ended_early)?? {
            Some(version) => Ground::open(version).await.map(Some),
            None => Ok(None),
        }
    }

    /// Opens a version by its folder, which somebody else keeps from being removed.
    #[cfg(feature = "cluster")]
    pub(crate) async fn open_folder(folder: PathBuf) -> Result<Ground, Error> {
        let version = tokio::task::spawn_blocking(move || Version::in_folder(&folder)).await.map_err(ended_early)??;
        Ground::open(version).await
    }

    async fn open(version: Version) -> Result<Ground, Error> {
        let folder = &version.folder;
        let context = session();
        let lead = open_table(&context, &folder.join("lead.parquet")).await?;
        let event = open_table(&context, &folder.join("event")).await?;
        let outcome = open_table(&context, &folder.join("outcome.parquet")).await?;
        for (name, table) in [("lead", &lead), ("event", &event), ("outcome", &outcome)] {
            context.register_table(name, table.clone()).map_err(Error::engine("open the ground"))?;
        }
        let files = RelationFiles {
            lead: Relation::open(&folder.join("lead.parquet"), &lead.schema())?,
            event: Relation::open(&folder.join("event"), &event.schema())?,
            outcome: Relation::open(&folder.join("outcome.parquet"), &outcome.schema())?,
        };
        Ok(Ground { version, lead, event, files: Arc::new(files), context })
    }

    /// Returns the folder of this version.
    pub(crate) fn version(&self) -> &Path {
        &self.version.folder
    }

    /// Returns the hash of what this version was derived from: the raw rows, the SQL and the program.
    pub(crate) fn derived_from(&self) -> &str {
        &self.version.report.derived_from
    }

    /// Returns the hash of each of the sources' files of SQL by its name.
    pub(crate) fn source_sql(&self) -> &BTreeMap<String, String> {
        &self.version.report.source_sql
    }

    /// Returns the rows of a relation as records: of `lead` and `event` the newest version of each, of `outcome` all.
    pub(crate) fn records(&self, relation: &str) -> Result<ParquetRecords, Error> {
        let folder = &self.version.folder;
        let (files, keep) = match relation {
            "lead" => (vec![folder.join("lead.parquet")], Keep::Missing("known_to".to_owned())),
            "outcome" => (vec![folder.join("outcome.parquet")], Keep::All),
            "event" => (files_in(&folder.join("event"))?, Keep::Missing("known_to".to_owned())),
            other => {
                let problem = "is no relation of the ground: expected `lead`, `event` or `outcome`".to_owned();
                return Err(plumb_tables::Error::Unreadable { name: other.to_owned(), problem }.into());
            }
        };
        Ok(ParquetRecords::of_files(relation, files, keep, |column| column != "known_to")?)
    }

    /// Returns the undated fields, an entry a file.
    pub(super) fn undated(&self) -> &[Undated] {
        &self.version.report.undated
    }

    /// Returns the columns of `lead`.
    pub(crate) fn lead_schema(&self) -> SchemaRef {
        self.lead.schema()
    }

    /// Returns the columns of `event`.
    pub(crate) fn event_schema(&self) -> SchemaRef {
        let schema = self.event.schema();
        if schema.field_with_name("known_to").is_ok() {
            return schema;
        }
        // An earlier program kept no corrections.
        let mut fields: Vec<Arc<Field>> = schema.fields().iter().cloned().collect();
        fields.push(Arc::new(Field::new("known_to", timestamp_type(), true)));
        Arc::new(Schema::new(fields))
    }

    /// Checks that this version is still on disk. The engine takes a missing file for an empty one, so every read is
    /// followed by this check.
    pub(crate) fn check_present(&self) -> Result<(), Error> {
        let folder = &self.version.folder;
        if folder.is_dir() { Ok(()) } else { Err(Error::GroundGone { version: folder.clone() }) }
    }

    /// Returns a relation to be read.
    pub(super) async fn table(&self, name: &str) -> Result<DataFrame, Error> {
        self.context.table(name).await.map_err(Error::engine("read the ground"))
    }

    /// Returns columns of a whole relation.
    pub(super) async fn read(&self, table: &str, columns: &[&str]) -> Result<RecordBatch, Error> {
        let rows = self.table(table).await?.select_columns(columns).map_err(Error::engine("read the ground"))?;
        self.collect(rows).await
    }

    /// Returns the rows of a relation that a filter accepts.
    pub(super) async fn read_filtered(&self, table: &str, filter: Expr) -> Result<RecordBatch, Error> {
        let rows = self.table(table).await?.filter(filter).map_err(Error::engine("read the ground"))?;
        self.collect(rows).await
    }

    async fn collect(&self, rows: DataFrame) -> Result<RecordBatch, Error> {
        let schema: SchemaRef = Arc::new(rows.schema().as_arrow().clone());
        let batches = rows.collect().await.map_err(Error::engine("read the ground"))?;
        self.check_present()?;
        concat_batches(&schema, &batches).map_err(Error::engine("read the ground"))
    }
}

/// Returns the files of a folder in the order of their names.
fn files_in(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = std::fs::read_dir(folder).map_err(Error::file("list", folder))?;
    let paths: std::io::Result<Vec<PathBuf>> = entries.map(|entry| Ok(entry?.path())).collect();
    let mut paths = paths.map_err(Error::file("list", folder))?;
    paths.sort();
    Ok(paths)
}

fn ended_early(error: tokio::task::JoinError) -> Error {
    Error::engine("open the ground")(DataFusionError::External(Box::new(error)))
}

async fn open_table(context: &SessionContext, path: &Path) -> Result<Arc<dyn TableProvider>, Error> {
    let doing = Error::engine::<DataFusionError>;
    // The engine distinguishes a folder from a file by its slash.
    let slash = if path.is_dir() { "/" } else { "" };
    let url = format!("{}{slash}", path.display());
    let name = "_opening";
    context.register_parquet(name, url, ParquetReadOptions::default()).await.map_err(doing("open the ground"))?;
    let table = context.table_provider(name).await.map_err(doing("open the ground"))?;
    context.deregister_table(name).map_err(doing("open the ground"))?;
    Ok(table)
}
