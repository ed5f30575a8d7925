//! The rows of all files of one relation, united by column name.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, RecordBatch, StringArray, TimestampMicrosecondArray, new_null_array,
};
use datafusion::arrow::compute::{cast, concat};
use datafusion::arrow::datatypes::{DataType, Field, Schema};

use super::queries::Queries;
use super::readable_rows::{origin, readable};
use super::relation_columns::RequiredColumn;
use crate::error::Error;
use crate::raw::RejectedRow;
use crate::sql_file::SqlFile;

/// The rows of all files of one relation, and the file of each row.
pub(super) struct SourceRows {
    pub(super) batch: RecordBatch,
    /// Position in `files`, a row each.
    pub(super) file_of: Vec<u16>,
    /// The columns of each of `files`.
    pub(super) columns_of: Vec<Vec<String>>,
}

impl SourceRows {
    /// Runs the files of one relation and unites their rows by column name.
    pub(super) async fn read(
        queries: &Queries,
        files: &[&SqlFile],
        required: &[RequiredColumn],
        rejected: &mut Vec<RejectedRow>,
    ) -> Result<SourceRows, Error> {
        let mut batches = Vec::with_capacity(files.len());
        for file in files {
            batches.push(read_one(queries, file, required, rejected).await?);
        }
        SourceRows::unite(files, batches)
    }

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
        let names =
            |batch: &RecordBatch| batch.schema_ref().fields().iter().map(|field| field.name().clone()).collect();
        Ok(SourceRows { batch, file_of, columns_of: batches.iter().map(names).collect() })
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

    /// Returns where a row came from.
    pub(super) fn origin(&self, files: &[&SqlFile], row: usize) -> String {
        origin(files[usize::from(self.file_of[row])], &self.batch, row)
    }
}

/// Runs one file and takes the rejected rows out.
pub(super) async fn read_one(
    queries: &Queries,
    file: &SqlFile,
    required: &[RequiredColumn],
    rejected: &mut Vec<RejectedRow>,
) -> Result<RecordBatch, Error> {
    let rows = queries.rows(file, required).await?;
    readable(file, rows, required, &queries.faults.take(), rejected)
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
