//! Writes a data set: features chunk after chunk, straight into the file.

use futures::FutureExt;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use datafusion::arrow::array::{ArrayRef, BooleanArray, Float32Array, RecordBatch, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::parquet::arrow::ArrowWriter;
use futures::StreamExt;
use plumb_lead::Observation;
use tempfile::TempDir;

use super::folder::{folder, read_manifest};
use super::hash::{self, ColumnHash};
use super::manifest::{ColumnManifest, Manifest, NOT_FEATURES};
use crate::error::Error;
use crate::features::FeatureSql;
use crate::files::file_hash::FileHash;
use crate::files::parquet_files::parquet_writer;
use crate::files::replace_file::{name_folder, temporary_folder, write_atomically};
use crate::future::LakeFuture;
use crate::lake::Lake;
use crate::timestamp::{timestamp_array, timestamp_type};

/// The rows to freeze; their features are added.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DatasetRows {
    /// The observations, each once.
    pub observations: Vec<Observation>,
    /// Their labels.
    pub labels: Vec<bool>,
    /// When each label was known; `None` if it is an opinion.
    pub label_known_at: Vec<Option<DateTime<Utc>>>,
    /// The weight of each row in training.
    pub weights: Vec<f32>,
}

/// Digits of a data set's name.
const ID_DIGITS: usize = 16;

impl Lake {
    /// Freezes rows with their features as a data set in the data folder, and returns its manifest. `progress` is called
    /// with each number of rows that was written.
    ///
    /// Memory does not grow with the rows' features. A run that dies leaves no data set.
    pub fn freeze<'a>(
        &'a self,
        data: &'a Path,
        target: &'a str,
        as_of: DateTime<Utc>,
        sql: &'a FeatureSql,
        rows: &'a DatasetRows,
        progress: &'a (dyn Fn(usize) + Sync),
    ) -> LakeFuture<'a, Manifest> {
        async move {
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
                file_hash: FileHash::of_file(&temporary.path().join("rows.parquet"))?.sha256,
            };
            commit(data, temporary, manifest)
        }
        .boxed()
    }
}

/// A data set that is being written, in a temporary folder that is deleted when this is dropped.
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
        let temporary = temporary_folder(&data.join("datasets"), ".")?;
        let path = temporary.path().join("rows.parquet");
        let file = File::create(&path).map_err(Error::file("create", &path))?;
        let writer = parquet_writer(file, schema.clone(), None)?;
        let columns = schema.fields().iter().map(|field| ColumnHash::new(field)).collect();
        Ok(Writing { temporary, schema, writer, columns })
    }

    /// Adds rows, by their positions, with their features.
    fn add(&mut self, rows: &DatasetRows, positions: &[u32], features: Vec<ArrayRef>) -> Result<(), Error> {
        let rows_at = || positions.iter().map(|row| *row as usize);
        let observation = |row: usize| -> &Observation { &rows.observations[row] };
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from_iter_values(rows_at().map(|row| observation(row).lead_id.as_str()))),
            timestamp_array(rows_at().map(|row| Some(observation(row).as_of.timestamp_micros()))),
            Arc::new(rows_at().map(|row| Some(rows.labels[row])).collect::<BooleanArray>()),
            timestamp_array(rows_at().map(|row| rows.label_known_at[row].map(|known_at| known_at.timestamp_micros()))),
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

/// Gives the folder its name. A data set that exists already stays, with its first manifest.
fn commit(data: &Path, temporary: TempDir, manifest: Manifest) -> Result<Manifest, Error> {
    let folder = folder(data, &manifest.dataset_id);
    if folder.exists() {
        return read_manifest(&folder);
    }
    let text = serde_json::to_vec_pretty(&manifest).expect("counts and texts become JSON");
    write_atomically(&temporary.path().join("manifest.json"), &text)?;
    match name_folder(temporary, &folder) {
        Ok(()) => Ok(manifest),
        // Another run froze the same rows first.
        Err(_) if folder.exists() => read_manifest(&folder),
        Err(error) => Err(error),
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
