//! The rows of all files of one relation, united by column name.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, RecordBatch, StringArray, TimestampMicrosecondArray, UInt32Array, new_null_array,
};
use datafusion::arrow::compute::{cast, concat};
use datafusion::arrow::datatypes::{DataType, Field, Schema, UInt32Type};

use super::readable_rows::known_origin;
use crate::error::Error;
use crate::sql_file::SqlFile;

/// The column of the lead that a row was matched to, by its number.
pub(super) const LEAD: &str = "_lead";

/// The rows of all files of one relation, and the file of each row.
pub(super) struct SourceRows {
    pub(super) batch: RecordBatch,
    /// Position in `files`, a row each.
    pub(super) file_of: Vec<u16>,
}

impl SourceRows {
    /// Unites the rows of the files of one relation by column name.
    pub(super) fn unite(files: &[&SqlFile], batches: Vec<RecordBatch>) -> Result<SourceRows, Error> {
        let fields = united_fields(files, &batches)?;
        let mut file_of = Vec::new();
        for (index, batch) in batches.iter().enumerate() {
            file_of.extend(std::iter::repeat_n(index as u16, batch.num_rows()));
        }
        let mut columns = Vec::with_capacity(fields.len());
        for (name, data_type) in &fields {
            let pieces = batches
                .iter()
                .map(|batch| match batch.column_by_name(name) {
                    Some(array) => cast(array, data_type),
                    None => Ok(new_null_array(data_type, batch.num_rows())),
                })
                .collect::<Result<Vec<ArrayRef>, _>>()
                .map_err(Error::engine("unite the files of a relation"))?;
            let pieces: Vec<&dyn Array> = pieces.iter().map(AsRef::as_ref).collect();
            columns.push(concat(&pieces).map_err(Error::engine("unite the files of a relation"))?);
        }
        let fields: Vec<Field> = fields.into_iter().map(|(name, kind)| Field::new(name, kind, true)).collect();
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
            .map_err(Error::engine("unite the files of a relation"))?;
        Ok(SourceRows { batch, file_of })
    }

    pub(super) fn column(&self, name: &str) -> Option<&ArrayRef> {
        self.batch.column_by_name(name)
    }

    /// Returns a required text column.
    pub(super) fn text(&self, name: &str) -> &StringArray {
        self.column(name).expect("required columns are there, in their type").as_string::<i32>()
    }

    /// Returns a required timestamp column, in microseconds.
    pub(super) fn micros(&self, name: &str) -> &TimestampMicrosecondArray {
        self.column(name).expect("required columns are there, in their type").as_primitive()
    }

    /// Returns the lead of each row.
    pub(super) fn leads(&self) -> &[u32] {
        self.column(LEAD).expect("rows were matched to their leads").as_primitive::<UInt32Type>().values()
    }

    /// Returns where a row came from; if its query does not say so, its file.
    pub(super) fn origin(&self, files: &[&SqlFile], row: usize) -> String {
        known_origin(&self.batch, row).map_or_else(|| files[usize::from(self.file_of[row])].name.clone(), str::to_owned)
    }
}

/// Returns rows with the lead of each.
pub(super) fn with_leads(rows: &RecordBatch, leads: Vec<u32>) -> Result<RecordBatch, Error> {
    let (mut fields, mut columns) = (rows.schema_ref().fields().to_vec(), rows.columns().to_vec());
    fields.push(Arc::new(Field::new(LEAD, DataType::UInt32, true)));
    columns.push(Arc::new(UInt32Array::from(leads)));
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(Error::engine("match rows to their leads"))
}

/// Returns the columns of all files, with types that hold the values of all.
fn united_fields(files: &[&SqlFile], batches: &[RecordBatch]) -> Result<Vec<(String, DataType)>, Error> {
    let mut fields: Vec<(String, DataType)> = Vec::new();
    for (file, batch) in files.iter().zip(batches) {
        for field in batch.schema_ref().fields() {
            match fields.iter_mut().find(|(name, _)| name == field.name()) {
                None => fields.push((field.name().clone(), field.data_type().clone())),
                Some((_, known)) if known == field.data_type() => {}
                Some((_, known)) if known.is_numeric() && field.data_type().is_numeric() => *known = DataType::Float64,
                Some((name, known)) => {
                    let found = field.data_type();
                    let problem =
                        format!("column `{name}` is of type {found} here and {known} in an earlier file: use CAST");
                    return Err(file.error(problem));
                }
            }
        }
    }
    Ok(fields)
}
