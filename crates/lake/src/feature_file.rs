//! Features as one Parquet file, for whoever takes them elsewhere. It is written while they are computed.

use std::fs::File;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::error::DataFusionError;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::Compression;
use datafusion::parquet::file::properties::WriterProperties;
use futures::TryStreamExt;
use plumb_lead::Observation;

use crate::chunk::FeatureChunk;
use crate::engine::moments;
use crate::features::{FeatureProgram, FeatureSql};
use crate::timestamp::timestamp_type;
use crate::{Error, Lake};

/// Rows of a row group: its pages are all that is kept of what was written.
const ROW_GROUP_ROWS: usize = 65_536;

impl Lake {
    /// Writes the features of these observations to a Parquet file, a row each with `lead_id` and `as_of`, and
    /// returns how many rows there are. The observations come in the order of their leads.
    ///
    /// Memory does not grow with their number. A file that could not be finished has no footer, so that no reader
    /// takes it for a whole one. It is left to the system when it goes to disk: it can be made again at any time.
    pub async fn write_features<I>(&self, sql: &FeatureSql, observations: I, path: &Path) -> Result<usize, Error>
    where
        I: IntoIterator<Item = Observation>,
    {
        let program = self.prepare(sql).await?;
        let schema = file_schema(&program)?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
            .build();
        let file = File::create(path).map_err(Error::file("create", path))?;
        let mut writer = ArrowWriter::try_new(file, schema.clone(), Some(properties))
            .map_err(Error::engine("start a Parquet file"))?;
        let mut chunks = pin!(self.feature_chunks(&program, observations));
        let mut rows = 0;
        while let Some(chunk) = chunks.try_next().await? {
            rows += chunk.observations.len();
            let batch = rows_of(&schema, chunk).map_err(Error::engine("put features into rows"))?;
            writer.write(&batch).map_err(Error::engine("write a Parquet file"))?;
        }
        writer.close().map_err(Error::engine("finish a Parquet file"))?;
        Ok(rows)
    }
}

fn file_schema(program: &FeatureProgram) -> Result<SchemaRef, Error> {
    let mut fields = vec![Field::new("lead_id", DataType::Utf8, false), Field::new("as_of", timestamp_type(), false)];
    fields.extend(program.fields()?);
    Ok(Arc::new(Schema::new(fields)))
}

fn rows_of(schema: &SchemaRef, chunk: FeatureChunk) -> Result<RecordBatch, DataFusionError> {
    let asked = &chunk.observations;
    let lead_ids: ArrayRef = Arc::new(StringArray::from_iter_values(asked.iter().map(|asked| &asked.lead_id)));
    let as_of = moments(asked.iter().map(|asked| Some(asked.as_of.timestamp_micros())));
    let mut columns = vec![lead_ids, as_of];
    for (array, field) in chunk.columns.iter().zip(&schema.fields()[columns.len()..]) {
        columns.push(cast(array, field.data_type())?);
    }
    Ok(RecordBatch::try_new(schema.clone(), columns)?)
}
