//! The rows of a Parquet file.

use std::path::{Path, PathBuf};

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::compute::{can_cast_types, cast};
use datafusion::arrow::datatypes::{DataType, Float64Type, Schema};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::parquet::arrow::ProjectionMask;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReader;
use plumb_lead::{Feature, FeatureKind, FeatureSet, Values};

use super::block::{BLOCK_ROWS, Block};
use super::columns::{self, Columns, Faults};
use super::positions::ColumnPositions;
use crate::error::Error;
use crate::files::foreign_parquet::{Expansion, ForeignParquet, Texts, open};
use crate::files::parquet_files::catch_panics;

/// A Parquet file that is being read.
pub struct ParquetRows {
    path: PathBuf,
    reader: ParquetRecordBatchReader,
    /// Counts what the rows mean.
    expansion: Expansion,
    rows: u64,
    read: u64,
    features: FeatureSet,
    /// Positions among the columns that are read.
    positions: ColumnPositions,
}

impl ParquetRows {
    /// Opens a file, which must have a column for each feature, and one named `id` if there is to be one. Further columns
    /// are ignored.
    pub fn open(path: &Path, features: &FeatureSet, id: Option<&str>) -> Result<ParquetRows, Error> {
        let wrong = |problem: String| Error::Rows { path: path.to_owned(), problem };
        let ForeignParquet { builder, expansion } =
            open(path).map_err(|why| wrong(format!("it is no whole Parquet file: {why}")))?;
        let schema = builder.schema().clone();
        let names: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
        let positions = ColumnPositions::find(path, &names, features, id)?;
        check_types(&schema, features, &positions).map_err(wrong)?;
        let (roots, positions) = only_read(positions);
        let rows = u64::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or_default();
        let mask = ProjectionMask::roots(builder.parquet_schema(), roots.iter().copied());
        let reader = catch_panics(|| builder.with_projection(mask).with_batch_size(BLOCK_ROWS).build());
        let reader = reader.map_err(|error| wrong(format!("its rows cannot be read: {error}")))?;
        Ok(ParquetRows {
            path: path.to_owned(),
            reader,
            expansion,
            rows,
            read: 0,
            features: features.clone(),
            positions,
        })
    }

    /// Returns the number of rows.
    pub fn length(&self) -> u64 {
        self.rows
    }

    /// Returns the next rows; `None` at the end of the file.
    pub fn next_block(&mut self) -> Result<Option<Block>, Error> {
        let after = self.read;
        let batch = catch_panics(|| self.reader.next().transpose()).map_err(|error| self.broken(after, &error))?;
        let Some(batch) = batch else { return Ok(None) };
        self.expansion.add(&batch).map_err(|why| self.broken(after, &why))?;
        let columns = self.columns(&batch)?;
        self.read += batch.num_rows() as u64;
        Ok(Some(Block::new(columns, after + 1, self.read)))
    }

    fn columns(&self, batch: &RecordBatch) -> Result<Columns, Error> {
        let mut faults = Faults::new();
        let (mut values, after) = (Vec::with_capacity(self.features.features.len()), self.read);
        for (feature, position) in self.features.features.iter().zip(&self.positions.features) {
            let column = values_of(feature, batch.column(*position), &mut faults);
            values.push(column.map_err(|error| self.broken(after, &error))?);
        }
        let ids = match self.positions.id {
            None => None,
            Some(position) => {
                let texts = Texts::of(batch.column(position)).map_err(|error| self.broken(after, &error))?;
                Some(columns::ids((0..batch.num_rows()).map(|row| texts.get(row))))
            }
        };
        Columns::new(&self.features, values, ids, faults)
    }

    fn broken(&self, after: u64, error: &dyn std::fmt::Display) -> Error {
        Error::Rows { path: self.path.clone(), problem: format!("it cannot be read on after row {after}: {error}") }
    }
}

/// Checks that the columns can be read as what the model expects.
fn check_types(schema: &Schema, features: &FeatureSet, positions: &ColumnPositions) -> Result<(), String> {
    for (feature, position) in features.features.iter().zip(&positions.features) {
        let found = schema.field(*position).data_type();
        if !fits(&feature.kind, found) {
            let (name, expected) = (&feature.name, feature.kind.word());
            return Err(format!("column `{name}` holds {found}: expected what can be read as a {expected}"));
        }
    }
    match positions.id.map(|position| schema.field(position)).filter(|field| !is_castable_to_text(field.data_type())) {
        Some(field) => Err(format!("column `{}` holds {}: expected texts or numbers", field.name(), field.data_type())),
        None => Ok(()),
    }
}

/// Returns the positions of the columns to read, in order, and the same positions among these.
fn only_read(positions: ColumnPositions) -> (Vec<usize>, ColumnPositions) {
    let mut roots: Vec<usize> = positions.features.iter().copied().chain(positions.id).collect();
    roots.sort_unstable();
    roots.dedup();
    let among = |position: &usize| roots.binary_search(position).unwrap_or_default();
    let features = positions.features.iter().map(among).collect();
    let id = positions.id.as_ref().map(among);
    (roots, ColumnPositions { features, id })
}

fn values_of(
    feature: &Feature,
    array: &ArrayRef,
    faults: &mut Faults,
) -> Result<Values, datafusion::arrow::error::ArrowError> {
    let Feature { name, kind, .. } = feature;
    let as_text = matches!(kind, FeatureKind::Category { .. }) || is_text(array.data_type());
    if as_text {
        let texts = Texts::of(array)?;
        let cells = (0..array.len()).map(|row| texts.get(row).unwrap_or_default());
        return Ok(columns::of_text(name, kind, cells, faults));
    }
    let numbers = cast(array, &DataType::Float64)?;
    Ok(columns::of_numbers(name, kind, numbers.as_primitive::<Float64Type>().iter(), faults))
}

fn fits(kind: &FeatureKind, found: &DataType) -> bool {
    match kind {
        FeatureKind::Category { .. } => is_castable_to_text(found),
        FeatureKind::Number | FeatureKind::Flag => {
            is_text(found) || found.is_numeric() || matches!(found, DataType::Boolean | DataType::Null)
        }
    }
}

fn is_castable_to_text(found: &DataType) -> bool {
    !found.is_nested() && can_cast_types(found, &DataType::Utf8)
}

fn is_text(found: &DataType) -> bool {
    match found {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, value) => is_text(value),
        _ => false,
    }
}
