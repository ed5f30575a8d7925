//! An opened version of the ground.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::common::runtime::SpawnedTask;
use datafusion::error::DataFusionError;
use datafusion::parquet::errors::ParquetError;

use super::derivation::Undated;
use super::lead_order::{Relation, RelationFiles};
use super::versions::Version;
use crate::error::Error;
use crate::files::parquet_records::{Keep, ParquetRecords};
use crate::timestamp::timestamp_type;

/// An opened version of the ground.
pub(crate) struct Ground {
    version: Version,
    /// The relations, in the order of leads.
    pub(crate) files: Arc<RelationFiles>,
}

impl Ground {
    /// Opens the current version of a data folder, which stays while this does; `None` before the first one.
    pub(crate) async fn open_current(data: &Path) -> Result<Option<Ground>, Error> {
        let data = data.to_owned();
        // All of its files are read for their hashes.
        let open = move || Version::current(&data)?.map(Ground::open).transpose();
        tokio::task::spawn_blocking(open).await.map_err(ended_early)?
    }

    /// Opens a version by its folder, which somebody else keeps from being removed.
    #[cfg(feature = "cluster")]
    pub(crate) async fn open_folder(folder: PathBuf) -> Result<Ground, Error> {
        let open = move || Ground::open(Version::in_folder(&folder)?);
        tokio::task::spawn_blocking(open).await.map_err(ended_early)?
    }

    fn open(version: Version) -> Result<Ground, Error> {
        let open = |relation| Relation::open(version.files_of(relation)?);
        let files = RelationFiles { lead: open("lead")?, event: open("event")?, outcome: open("outcome")? };
        Ok(Ground { version, files: Arc::new(files) })
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
        let keep = match relation {
            "lead" | "event" => Keep::Missing("known_to".to_owned()),
            "outcome" => Keep::All,
            other => {
                let problem = "is no relation of the ground: expected `lead`, `event` or `outcome`".to_owned();
                return Err(plumb_tables::Error::Unreadable { name: other.to_owned(), problem }.into());
            }
        };
        let files = self.version.files_of(relation)?;
        Ok(ParquetRecords::of_files(relation, files, keep, |column| column != "known_to")?)
    }

    /// Returns the undated fields, an entry a file.
    pub(super) fn undated(&self) -> &[Undated] {
        &self.version.report.undated
    }

    /// Returns the columns of `lead`.
    pub(crate) fn lead_schema(&self) -> SchemaRef {
        self.files.lead.schema()
    }

    /// Returns the columns of `event`.
    pub(crate) fn event_schema(&self) -> SchemaRef {
        let schema = self.files.event.schema();
        if schema.field_with_name("known_to").is_ok() {
            return schema;
        }
        // An earlier program kept no corrections.
        let mut fields: Vec<Arc<Field>> = schema.fields().iter().cloned().collect();
        fields.push(Arc::new(Field::new("known_to", timestamp_type(), true)));
        Arc::new(Schema::new(fields))
    }

    /// Checks that this version is still on disk, so that a file that is gone is no riddle.
    pub(crate) fn check_present(&self) -> Result<(), Error> {
        let folder = &self.version.folder;
        if folder.is_dir() { Ok(()) } else { Err(Error::GroundGone { version: folder.clone() }) }
    }

    /// Returns columns of a whole relation, in the order of leads.
    pub(super) async fn read(&self, relation: &str, columns: &[&str]) -> Result<RecordBatch, Error> {
        let columns: Vec<String> = columns.iter().map(|column| (*column).to_owned()).collect();
        self.run(relation, move |relation| relation.read(&columns.iter().map(String::as_str).collect::<Vec<&str>>()))
            .await
    }

    /// Returns the rows of the leads from the first id to the last.
    pub(super) async fn read_leads(&self, relation: &str, first: &str, last: &str) -> Result<RecordBatch, Error> {
        let (first, last) = (first.to_owned(), last.to_owned());
        self.run(relation, move |relation| relation.leads_between(&first, &last)).await
    }

    /// Reads a relation on a thread of the runtime.
    async fn run(
        &self,
        relation: &str,
        read: impl FnOnce(&Relation) -> Result<RecordBatch, ParquetError> + Send + 'static,
    ) -> Result<RecordBatch, Error> {
        let (files, relation) = (self.files.clone(), relation.to_owned());
        let task = SpawnedTask::spawn(async move { read(files.relation(&relation)) });
        let rows = task.join_unwind().await;
        self.check_present()?;
        rows.map_err(ended_early)?.map_err(Error::engine("read the ground"))
    }
}

fn ended_early(error: tokio::task::JoinError) -> Error {
    Error::engine("open the ground")(DataFusionError::External(Box::new(error)))
}
