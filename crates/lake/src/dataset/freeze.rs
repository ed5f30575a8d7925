//! Writing a data set: features part after part, straight into the file.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use datafusion::arrow::array::{ArrayRef, BooleanArray, Float32Array, RecordBatch, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::Compression;
use datafusion::parquet::file::properties::WriterProperties;
use futures::StreamExt;
use plumb_lead::Observation;
use tempfile::TempDir;

use super::hash::{self, ColumnHash};
use super::{ColumnManifest, DatasetRows, Manifest, NOT_FEATURES, folder, read_manifest};
use crate::engine::moments;
use crate::features::FeatureSql;
use crate::raw::write_atomically;
use crate::timestamp::timestamp_type;
use crate::{Error, Lake};

/// Digits of a data set's name.
const ID_DIGITS: usize = 16;

impl Lake {
    /// Freezes rows with their features as a data set in the data folder, and returns what it is. `progress` is told of
    /// each number of rows that has been written.
    ///
    /// Memory does not grow with the rows' features. A run that dies leaves nothing that counts.
    pub async fn freeze(
        &self,
        data: &Path,
        target: &str,
        as_of: DateTime<Utc>,
        sql: &FeatureSql,
        rows: &DatasetRows,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<Manifest, Error> {
        let program = self.prepare(sql).await?;
        let mut order: Vec<u32> = (0..rows.observations.len() as u32).collect();
        order.sort_by_key(|row| &rows.observations[*row as usize]);
        let features = program.fields()?;
        check_names(sql, &features)?;
        let mut writing = Writing::start(data, features)?;
        let in_order = order.iter().copied().map(|row: u32| rows.observations[row as usize].clone());
        let mut chunks = std::pin::pin!(self.feature_chunks(&program, in_order));
        let mut written = 0;
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk?;
            let of_chunk = &order[written..written + chunk.observations.len()];
            writing.add(rows, of_chunk, chunk.columns)?;
            written += of_chunk.len();
            progress(of_chunk.len());
        }
        let (temporary, columns) = writing.finish()?;
        let logical_hash = hash::of_columns(order.len(), &columns);
        let manifest = Manifest {
            dataset_id: logical_hash[..ID_DIGITS].to_owned(),
            target: target.to_owned(),
            as_of,
            rows: order.len(),
            leads: leads(rows, &order),
            positives: rows.labels.iter().filter(|label| **label).count(),
            logical_hash,
            columns,
            sql: sql.clone(),
            ground: self.ground_version().to_owned(),
            engine: format!("DataFusion {}", datafusion::DATAFUSION_VERSION),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            file_hash: hash::of_file(&temporary.path().join("rows.parquet"))?,
        };
        keep(data, temporary, manifest)
    }
}

/// A data set under way, in a folder that does not count and that goes away if this does.
struct Writing {
    temporary: TempDir,
    schema: SchemaRef,
    writer: ArrowWriter<File>,
    columns: Vec<ColumnHash>,
}

impl Writing {
    fn start(data: &Path, features: Vec<Field>) -> Result<Writing, Error> {
        let mut fields = vec![
            Field::new("lead_id", DataType::Utf8, false),
            Field::new("as_of", timestamp_type(), false),
            Field::new("label", DataType::Boolean, false),
            Field::new("label_known_at", timestamp_type(), true),
            Field::new("weight", DataType::Float32, false),
        ];
        fields.extend(features);
        let schema: SchemaRef = Arc::new(Schema::new(fields));
        let datasets = data.join("datasets");
        std::fs::create_dir_all(&datasets).map_err(Error::file("create", &datasets))?;
        let temporary =
            tempfile::Builder::new().prefix(".").tempdir_in(&datasets).map_err(Error::file("write to", &datasets))?;
        let path = temporary.path().join("rows.parquet");
        let file = File::create(&path).map_err(Error::file("create", &path))?;
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let writer =
            ArrowWriter::try_new(file, schema.clone(), Some(properties)).map_err(Error::engine("start a data set"))?;
        let columns = schema.fields().iter().map(|field| ColumnHash::new(field)).collect();
        Ok(Writing { temporary, schema, writer, columns })
    }

    /// Adds rows, by their positions, with their features.
    fn add(&mut self, rows: &DatasetRows, positions: &[u32], features: Vec<ArrayRef>) -> Result<(), Error> {
        let rows_at = || positions.iter().map(|row| *row as usize);
        let observation = |row: usize| -> &Observation { &rows.observations[row] };
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from_iter_values(rows_at().map(|row| observation(row).lead_id.as_str()))),
            moments(rows_at().map(|row| Some(observation(row).as_of.timestamp_micros()))),
            Arc::new(rows_at().map(|row| Some(rows.labels[row])).collect::<BooleanArray>()),
            moments(rows_at().map(|row| rows.label_known_at[row].map(|moment| moment.timestamp_micros()))),
            Arc::new(Float32Array::from_iter_values(rows_at().map(|row| rows.weights[row]))),
        ];
        for (array, field) in features.iter().zip(&self.schema.fields()[NOT_FEATURES.len()..]) {
            columns.push(cast(array, field.data_type()).map_err(Error::engine("write a data set"))?);
        }
        for (column, array) in self.columns.iter_mut().zip(&columns) {
            column.add(array).map_err(Error::engine("hash a data set"))?;
        }
        let batch = RecordBatch::try_new(self.schema.clone(), columns).map_err(Error::engine("write a data set"))?;
        self.writer.write(&batch).map_err(Error::engine("write a data set"))
    }

    fn finish(self) -> Result<(TempDir, Vec<ColumnManifest>), Error> {
        let file = self.writer.into_inner().map_err(Error::engine("finish a data set"))?;
        file.sync_all().map_err(Error::file("write", self.temporary.path()))?;
        Ok((self.temporary, self.columns.into_iter().map(ColumnHash::finish).collect()))
    }
}

/// Gives the folder its name. A data set that is there already stays, with what it was first made of.
fn keep(data: &Path, temporary: TempDir, manifest: Manifest) -> Result<Manifest, Error> {
    let folder = folder(data, &manifest.dataset_id);
    if folder.exists() {
        return read_manifest(&folder);
    }
    let text = serde_json::to_vec_pretty(&manifest).expect("counts and texts become JSON");
    write_atomically(&temporary.path().join("manifest.json"), &text)?;
    match std::fs::rename(temporary.keep(), &folder) {
        Ok(()) => Ok(manifest),
        // Another run was faster with the same.
        Err(_) if folder.exists() => read_manifest(&folder),
        Err(error) => Err(Error::file("name", &folder)(error)),
    }
}

fn check_names(sql: &FeatureSql, features: &[Field]) -> Result<(), Error> {
    match features.iter().find(|field| NOT_FEATURES.contains(&field.name().as_str())) {
        None => Ok(()),
        Some(field) => Err(Error::Sql {
            file: sql.files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>().join(", "),
            problem: format!(
                "feature `{}`: a data set has a column of this name already: expected none of `{}`",
                field.name(),
                NOT_FEATURES.join("`, `")
            ),
        }),
    }
}

fn leads(rows: &DatasetRows, order: &[u32]) -> usize {
    let lead = |row: &u32| rows.observations[*row as usize].lead_id.as_str();
    usize::from(!order.is_empty()) + order.windows(2).filter(|pair| lead(&pair[0]) != lead(&pair[1])).count()
}
