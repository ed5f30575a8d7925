//! Features as one Parquet file, written while they are computed.

use std::fs::File;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::error::DataFusionError;
use futures::{Stream, TryStreamExt};

use super::chunk::FeatureChunk;
use crate::error::Error;
use crate::features::feature_program::FeatureProgram;
use crate::files::parquet_files::parquet_writer;
use crate::files::replace_file::PendingFile;
use crate::timestamp::{timestamp_array, timestamp_type};

/// Rows of a row group: its pages are all that is held of written rows.
const ROW_GROUP_ROWS: usize = 65_536;

/// Writes chunks to a Parquet file, a row an observation with `lead_id` and `as_of`, and returns the number of rows.
///
/// The file is written aside and gets its name when it is complete; a device or a pipe is written as it is.
pub(crate) async fn write_feature_file(
    program: &FeatureProgram,
    chunks: impl Stream<Item = Result<FeatureChunk, Error>>,
    path: &Path,
) -> Result<usize, Error> {
    let schema = file_schema(program)?;
    let pending = match path.exists() && !path.is_file() {
        true => None,
        false => Some(PendingFile::create(path)?),
    };
    let file = match &pending {
        Some(pending) => pending.file()?,
        None => File::create(path).map_err(Error::file("create", path))?,
    };
    let mut writer = parquet_writer(file, schema.clone(), Some(ROW_GROUP_ROWS))?;
    let mut chunks = pin!(chunks);
    let mut rows = 0;
    while let Some(chunk) = chunks.try_next().await? {
        rows += chunk.observations.len();
        let batch = rows_of(&schema, chunk).map_err(Error::engine("put features into rows"))?;
        writer.write(&batch).map_err(Error::engine("write a Parquet file"))?;
    }
    writer.close().map_err(Error::engine("finish a Parquet file"))?;
    pending.map_or(Ok(()), |pending| pending.finish(path))?;
    Ok(rows)
}

fn file_schema(program: &FeatureProgram) -> Result<SchemaRef, Error> {
    let mut fields = vec![Field::new("lead_id", DataType::Utf8, false), Field::new("as_of", timestamp_type(), false)];
    fields.extend(program.fields()?);
    Ok(Arc::new(Schema::new(fields)))
}

fn rows_of(schema: &SchemaRef, chunk: FeatureChunk) -> Result<RecordBatch, DataFusionError> {
    let observations = || chunk.observations.iter();
    let lead_ids: ArrayRef =
        Arc::new(StringArray::from_iter_values(observations().map(|observation| &observation.lead_id)));
    let as_of = timestamp_array(observations().map(|observation| Some(observation.as_of.timestamp_micros())));
    let mut columns = vec![lead_ids, as_of];
    for (array, field) in chunk.columns.iter().zip(&schema.fields()[columns.len()..]) {
        columns.push(cast(array, field.data_type())?);
    }
    Ok(RecordBatch::try_new(schema.clone(), columns)?)
}
