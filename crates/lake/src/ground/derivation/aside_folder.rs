//! The folder of the rows that a derivation writes aside.

use std::path::{Path, PathBuf};

use datafusion::arrow::array::{AsArray, BooleanArray, RecordBatch};
use datafusion::arrow::compute::filter_record_batch;
use datafusion::arrow::datatypes::SchemaRef;

use super::identity::Identities;
use super::partitions::Partitions;
use super::queries::Queries;
use super::relation_columns::RequiredColumn;
use super::rows_aside::RowsAside;
use crate::error::Error;
use crate::raw::RejectedRow;
use crate::sql_file::SqlFile;

/// A folder whose files each have a name of their own.
pub(super) struct AsideFolder {
    folder: PathBuf,
    names: usize,
}

impl AsideFolder {
    /// Makes the folder in that for what is too large for memory.
    pub(super) fn new(spill: &Path) -> Result<AsideFolder, Error> {
        let folder = spill.join("rows");
        std::fs::create_dir_all(&folder).map_err(Error::file("create", &folder))?;
        Ok(AsideFolder { folder, names: 0 })
    }

    /// Returns the folder.
    pub(super) fn path(&self) -> &Path {
        &self.folder
    }

    /// Begins to collect rows of a schema.
    pub(super) fn begin(&mut self, schema: SchemaRef) -> RowsAside {
        self.names += 1;
        RowsAside::new(&self.folder, self.names.to_string(), schema)
    }

    /// Writes aside what `change` makes of the rows of a file of SQL, all as one partition.
    pub(super) async fn rows_of(
        &mut self,
        queries: &Queries,
        file: &SqlFile,
        required: &[RequiredColumn],
        rejected: &mut Vec<RejectedRow>,
        change: &mut (dyn FnMut(RecordBatch) -> Result<RecordBatch, Error> + Send),
    ) -> Result<RowsAside, Error> {
        let mut aside: Option<RowsAside> = None;
        let mut take = |rows: RecordBatch| {
            let rows = change(rows)?;
            let count = rows.num_rows();
            let aside = aside.get_or_insert_with(|| self.begin(rows.schema()));
            aside.push(rows, std::iter::repeat_n(0, count))
        };
        queries.each_batch(file, required, rejected, &mut take).await?;
        aside.expect("a query has at least one batch").finish()
    }

    /// Sorts the rows of leads by partition. Those of keys that are no lead's are left out.
    pub(super) fn by_partition(
        &mut self,
        rows: RowsAside,
        identities: &Identities,
        partitions: &Partitions,
    ) -> Result<RowsAside, Error> {
        let mut sorted = self.begin(rows.schema());
        for batch in rows.batches() {
            let batch = batch?;
            let keys = batch["lead_key"].as_string::<i32>();
            let leads: Vec<Option<u32>> = keys.iter().map(|key| identities.lead_of(key.unwrap_or_default())).collect();
            let is_known: BooleanArray = leads.iter().map(|lead| Some(lead.is_some())).collect();
            let known = filter_record_batch(&batch, &is_known).map_err(Error::engine("sort rows by partition"))?;
            sorted.push(known, leads.into_iter().flatten().map(|lead| partitions.partition_of(lead)))?;
        }
        sorted.finish()
    }
}
