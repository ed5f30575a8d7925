//! Rejects rows in which a required value is missing or a timestamp cannot be parsed.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch};
use datafusion::arrow::compute::filter_record_batch;
use datafusion::arrow::datatypes::{DataType, Field, Schema};

use super::relation_columns::RequiredColumn;
use super::typed_rows::is_timestamp;
use crate::error::Error;
use crate::raw::RejectedRow;
use crate::sql_file::SqlFile;
use crate::timestamp::{self, timestamp_array, timestamp_type};

/// Parses timestamps that are text, and takes the rejected rows out.
pub(super) fn readable(
    file: &SqlFile,
    batch: RecordBatch,
    required: &[RequiredColumn],
    rejected: &mut Vec<RejectedRow>,
) -> Result<RecordBatch, Error> {
    let mut accepted = vec![true; batch.num_rows()];
    let mut fields: Vec<Field> = batch.schema_ref().fields().iter().map(|field| field.as_ref().clone()).collect();
    let mut arrays = batch.columns().to_vec();
    let mut reject = |row: usize, field: &str, reason: String| {
        if accepted[row] {
            rejected.push(RejectedRow::at(&origin(file, &batch, row), field, reason));
        }
        accepted[row] = false;
    };
    for (field, array) in fields.iter_mut().zip(&mut arrays) {
        let column = required.iter().find(|column| column.name == field.name());
        if is_timestamp(field.name(), column.map(|column| &column.data_type)) && array.data_type() == &DataType::Utf8 {
            *array = parsed(array, |row, reason| reject(row, field.name(), reason));
            *field = Field::new(field.name(), timestamp_type(), true);
        }
        if column.is_some_and(|column| column.not_null) {
            for row in (0..array.len()).filter(|row| array.is_null(*row)) {
                reject(row, field.name(), "missing: every row needs it".into());
            }
        }
    }
    let batch =
        RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).map_err(Error::engine("parse timestamps"))?;
    filter_record_batch(&batch, &BooleanArray::from(accepted)).map_err(Error::engine("reject rows"))
}

/// Returns texts as timestamps; rejects the rows of those that are not.
fn parsed(texts: &ArrayRef, mut reject: impl FnMut(usize, String)) -> ArrayRef {
    let texts = texts.as_string::<i32>();
    let micros: Vec<Option<i64>> = texts.iter().map(|text| text.and_then(timestamp::parse)).collect();
    for (row, text) in texts.iter().enumerate().filter(|(row, _)| micros[*row].is_none()) {
        if let Some(text) = text {
            reject(row, format!("`{text}` is not a timestamp: {}", timestamp::EXPECTED));
        }
    }
    timestamp_array(micros)
}

/// Returns where a row came from: its file or table, and its line or key.
pub(super) fn origin(file: &SqlFile, batch: &RecordBatch, row: usize) -> String {
    let known = batch.column_by_name("_origin").filter(|array| array.data_type() == &DataType::Utf8);
    match known.map(|array| array.as_string::<i32>()).filter(|origins| origins.is_valid(row)) {
        Some(origins) => origins.value(row).to_owned(),
        None => format!("{}:{}", file.name, row + 1),
    }
}
