//! Reads a data set in parts, for out-of-core training.

use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};

use datafusion::arrow::array::{AsArray, BooleanArray, RecordBatch};
use datafusion::arrow::compute::{concat_batches, filter_record_batch};
use datafusion::arrow::datatypes::Float32Type;
use datafusion::parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use plumb_lead::Table;

use super::folder::rows_path;
use super::manifest::Manifest;
use super::read::features_of;
use crate::error::Error;

/// Some rows of a data set, one after the other.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Their positions in the data set.
    pub places: Range<usize>,
    /// Their features.
    pub table: Table,
    /// Their labels.
    pub labels: Vec<bool>,
    /// The weight of each in training.
    pub weights: Vec<f32>,
}

/// The file of a data set, checked against its manifest.
#[derive(Clone, Debug)]
pub struct RowsFile {
    path: PathBuf,
    dataset_id: String,
}

/// The parts of a data set, in order.
pub struct Parts {
    reader: ParquetRecordBatchReader,
    dataset_id: String,
    read: usize,
}

/// Opens a data set. A file that does not match its manifest is refused.
pub fn open(data: &Path, manifest: &Manifest) -> Result<RowsFile, Error> {
    Ok(RowsFile { path: rows_path(data, manifest)?, dataset_id: manifest.dataset_id.clone() })
}

/// Returns the features of some rows of a data set, in its order; `keep` has an entry a row.
pub fn read_some(data: &Path, manifest: &Manifest, keep: &[bool]) -> Result<Table, Error> {
    const ROWS_AT_ONCE: usize = 8_192;
    let mut parts = open(data, manifest)?.parts(ROWS_AT_ONCE)?;
    let mut kept: Vec<RecordBatch> = Vec::new();
    while let Some(batch) = parts.batch() {
        let (places, batch) = batch?;
        let wanted = keep.get(places).map(|keep| BooleanArray::from(keep.to_vec()));
        let wanted = wanted.ok_or_else(|| parts.unusable(&format!("it has more than {} rows", keep.len())))?;
        kept.push(filter_record_batch(&batch, &wanted).map_err(Error::engine("read a data set"))?);
    }
    let schema = kept.first().map(RecordBatch::schema).ok_or_else(|| parts.unusable("it has no rows"))?;
    features_of(&concat_batches(&schema, &kept).map_err(Error::engine("read a data set"))?)
}

impl RowsFile {
    /// Returns its rows from the first on, so many at once.
    pub fn parts(&self, rows_at_once: usize) -> Result<Parts, Error> {
        let file = File::open(&self.path).map_err(Error::file("open", &self.path))?;
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(Error::engine("open a data set"))?;
        let reader = builder.with_batch_size(rows_at_once).build().map_err(Error::engine("read a data set"))?;
        Ok(Parts { reader, dataset_id: self.dataset_id.clone(), read: 0 })
    }
}

impl Parts {
    fn batch(&mut self) -> Option<Result<(Range<usize>, RecordBatch), Error>> {
        let batch = match self.reader.next()? {
            Ok(batch) => batch,
            Err(error) => return Some(Err(Error::engine("read a data set")(error))),
        };
        let places = self.read..self.read + batch.num_rows();
        self.read = places.end;
        Some(Ok((places, batch)))
    }

    fn part(&self, (places, batch): (Range<usize>, RecordBatch)) -> Result<Part, Error> {
        let column = |name: &str| batch.column_by_name(name);
        let labels = column("label").and_then(|array| array.as_boolean_opt());
        let weights = column("weight").and_then(|array| array.as_primitive_opt::<Float32Type>());
        let (Some(labels), Some(weights)) = (labels, weights) else {
            return Err(self.unusable("it has no `label` or no `weight`"));
        };
        let labels = labels.values().iter().collect();
        Ok(Part { places, table: features_of(&batch)?, labels, weights: weights.values().to_vec() })
    }

    fn unusable(&self, why: &str) -> Error {
        Error::DatasetUnusable { dataset_id: self.dataset_id.clone(), why: why.to_owned() }
    }
}

impl Iterator for Parts {
    type Item = Result<Part, Error>;

    fn next(&mut self) -> Option<Result<Part, Error>> {
        let batch = self.batch()?;
        Some(batch.and_then(|batch| self.part(batch)))
    }
}
