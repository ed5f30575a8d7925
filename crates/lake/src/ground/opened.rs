//! An opened version of the ground.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::concat_batches;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;
use datafusion::dataframe::DataFrame;
use datafusion::error::DataFusionError;
use datafusion::prelude::{Expr, ParquetReadOptions, SessionContext};

use super::lead_order::{Relation, RelationFiles};
use super::versions;
use crate::engine::session;
use crate::error::Error;

/// An opened version of the ground.
pub(crate) struct Ground {
    version: PathBuf,
    derived_from: String,
    lead: Arc<dyn TableProvider>,
    event: Arc<dyn TableProvider>,
    /// The same relations, to be read in the order of leads.
    pub(crate) files: Arc<RelationFiles>,
    /// A session in which the relations are tables.
    context: SessionContext,
}

impl Ground {
    /// Opens a version by its folder.
    pub(crate) async fn open(version: PathBuf) -> Result<Ground, Error> {
        let derived_from = versions::report(&version)?.derived_from;
        let context = session();
        let lead = open_table(&context, &version.join("lead.parquet")).await?;
        let event = open_table(&context, &version.join("event")).await?;
        let outcome = open_table(&context, &version.join("outcome.parquet")).await?;
        for (name, table) in [("lead", &lead), ("event", &event), ("outcome", &outcome)] {
            context.register_table(name, table.clone()).map_err(Error::engine("open the ground"))?;
        }
        let files = RelationFiles {
            lead: Relation::open(&version.join("lead.parquet"), &lead.schema())?,
            event: Relation::open(&version.join("event"), &event.schema())?,
            outcome: Relation::open(&version.join("outcome.parquet"), &outcome.schema())?,
        };
        Ok(Ground { version, derived_from, lead, event, files: Arc::new(files), context })
    }

    /// Returns the folder of this version.
    pub(crate) fn version(&self) -> &Path {
        &self.version
    }

    /// Returns the hash of what this version was derived from: the raw rows, the SQL and the program.
    pub(crate) fn derived_from(&self) -> &str {
        &self.derived_from
    }

    /// Returns the columns of `lead`.
    pub(crate) fn lead_schema(&self) -> SchemaRef {
        self.lead.schema()
    }

    /// Returns the columns of `event`.
    pub(crate) fn event_schema(&self) -> SchemaRef {
        self.event.schema()
    }

    /// Checks that this version is still on disk. The engine takes a missing file for an empty one, so every read is
    /// followed by this check.
    pub(crate) fn check_present(&self) -> Result<(), Error> {
        if self.version.is_dir() { Ok(()) } else { Err(Error::GroundGone { version: self.version.clone() }) }
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
