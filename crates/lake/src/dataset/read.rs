//! Reads a whole data set.

use std::path::Path;

use datafusion::arrow::array::RecordBatch;
use plumb_lead::Table;

use super::folder::rows_path;
use super::manifest::{Manifest, NOT_FEATURES};
use crate::error::Error;
use crate::features::table_of;
use crate::files::parquet_files::read_parquet;

/// Returns the features of a data set, a row each in the order of leads and `as_of`, with numbers as `f32`.
///
/// A file that does not match its manifest is refused.
pub fn read(data: &Path, manifest: &Manifest) -> Result<Table, Error> {
    features_of(&read_parquet(&rows_path(data, manifest)?)?)
}

/// Returns the features of rows.
pub(super) fn features_of(batch: &RecordBatch) -> Result<Table, Error> {
    let schema = batch.schema();
    let columns = schema.fields().iter().zip(batch.columns());
    table_of(columns.skip(NOT_FEATURES.len()).map(|(field, array)| (field.name().as_str(), array)))
}
