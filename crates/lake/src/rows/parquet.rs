//! The rows of a Parquet file.

use std::fs::File;
use std::path::{Path, PathBuf};

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::compute::{can_cast_types, cast};
use datafusion::arrow::datatypes::{DataType, Float64Type};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::parquet::arrow::ProjectionMask;
use datafusion::parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use plumb_lead::{Feature, FeatureKind, FeatureSet, Values};

use super::columns::{self, Columns, Faults};
use super::{BLOCK_ROWS, Places, Reading, places};
use crate::Error;
use crate::parquet_file::reading;

/// A Parquet file that is being read.
pub(super) struct ParquetRows {
    path: PathBuf,
    reader: ParquetRecordBatchReader,
    rows: u64,
    read: u64,
    features: FeatureSet,
    /// Where the columns are among those that are read.
    places: Places,
}

impl ParquetRows {
    pub(super) fn open(path: &Path, features: &FeatureSet, id: Option<&str>) -> Result<ParquetRows, Error> {
        let wrong = |problem: String| Error::Rows { path: path.to_owned(), problem };
        let file = File::open(path).map_err(Error::file("read", path))?;
        let builder = reading(|| ParquetRecordBatchReaderBuilder::try_new(file))
            .map_err(|error| wrong(format!("it is no whole Parquet file: {error}")))?;
        let schema = builder.schema().clone();
        let names: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
        let places = places(path, &names, features, id)?;
        for (feature, place) in features.features.iter().zip(&places.features) {
            let found = schema.field(*place).data_type();
            if !fits(&feature.kind, found) {
                let (name, expected) = (&feature.name, feature.kind.word());
                return Err(wrong(format!("column `{name}` holds {found}: expected what can be read as a {expected}")));
            }
        }
        if let Some(place) = places.id.filter(|place| !is_word(schema.field(*place).data_type())) {
            let field = schema.field(place);
            return Err(wrong(format!(
                "column `{}` holds {}: expected texts or numbers",
                field.name(),
                field.data_type()
            )));
        }
        let mut roots: Vec<usize> = places.features.iter().copied().chain(places.id).collect();
        roots.sort_unstable();
        roots.dedup();
        let among = |place: &usize| roots.binary_search(place).unwrap_or_default();
        let places =
            Places { features: places.features.iter().map(among).collect(), id: places.id.as_ref().map(among) };
        let rows = u64::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or_default();
        let mask = ProjectionMask::roots(builder.parquet_schema(), roots.iter().copied());
        let reader = reading(|| builder.with_projection(mask).with_batch_size(BLOCK_ROWS).build());
        let reader = reader.map_err(|error| wrong(format!("its rows cannot be read: {error}")))?;
        Ok(ParquetRows { path: path.to_owned(), reader, rows, read: 0, features: features.clone(), places })
    }

    /// Returns the number of rows.
    pub(super) fn length(&self) -> u64 {
        self.rows
    }

    /// Reads the next rows.
    pub(super) fn read(&mut self) -> Result<Option<Reading>, Error> {
        let after = self.read;
        let batch = reading(|| self.reader.next().transpose()).map_err(|error| self.broken(after, &error))?;
        let Some(batch) = batch else { return Ok(None) };
        let columns = self.columns(&batch)?;
        self.read += batch.num_rows() as u64;
        Ok(Some(Reading { rows: batch.num_rows(), lines: None, columns, position: self.read }))
    }

    fn columns(&self, batch: &RecordBatch) -> Result<Columns, Error> {
        let mut faults = Faults::new();
        let (mut values, after) = (Vec::with_capacity(self.features.features.len()), self.read);
        for (feature, place) in self.features.features.iter().zip(&self.places.features) {
            let column = values_of(feature, batch.column(*place), &mut faults);
            values.push(column.map_err(|error| self.broken(after, &error))?);
        }
        let ids = match self.places.id {
            None => None,
            Some(place) => {
                let texts = cast(batch.column(place), &DataType::Utf8).map_err(|error| self.broken(after, &error))?;
                Some(columns::ids(texts.as_string::<i32>().iter()))
            }
        };
        Columns::new(&self.features, values, ids, faults)
    }

    fn broken(&self, after: u64, error: &dyn std::fmt::Display) -> Error {
        Error::Rows { path: self.path.clone(), problem: format!("it cannot be read on after row {after}: {error}") }
    }
}

fn values_of(
    feature: &Feature,
    array: &ArrayRef,
    faults: &mut Faults,
) -> Result<Values, datafusion::arrow::error::ArrowError> {
    let Feature { name, kind, .. } = feature;
    let as_text = matches!(kind, FeatureKind::Category { .. }) || is_text(array.data_type());
    if as_text {
        let texts = cast(array, &DataType::Utf8)?;
        let cells = texts.as_string::<i32>().iter().map(Option::unwrap_or_default);
        return Ok(columns::of_text(name, kind, cells, faults));
    }
    let numbers = cast(array, &DataType::Float64)?;
    Ok(columns::of_numbers(name, kind, numbers.as_primitive::<Float64Type>().iter(), faults))
}

fn fits(kind: &FeatureKind, found: &DataType) -> bool {
    match kind {
        FeatureKind::Category { .. } => is_word(found),
        FeatureKind::Number | FeatureKind::Flag => {
            is_text(found) || found.is_numeric() || matches!(found, DataType::Boolean | DataType::Null)
        }
    }
}

fn is_word(found: &DataType) -> bool {
    !found.is_nested() && can_cast_types(found, &DataType::Utf8)
}

fn is_text(found: &DataType) -> bool {
    match found {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, value) => is_text(value),
        _ => false,
    }
}
