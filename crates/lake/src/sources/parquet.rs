//! Parquet files, every column as text.

use std::fs::File;

use datafusion::arrow::array::{AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::file_rows::FileRows;
use crate::error::Error;
use crate::files::parquet_files::catch_panics;
use crate::timestamp::timestamp_type;

/// Reads all rows, and returns their number.
pub(super) fn read(mut rows: FileRows<'_>, source: &str) -> Result<u64, Error> {
    let file = File::open(rows.path).map_err(Error::file("open", rows.path))?;
    let label = rows.label;
    let unreadable = |problem: String| Error::Source {
        source_name: source.to_owned(),
        problem: format!("`{label}` is not a readable Parquet file: {problem}"),
        hint: "check that it was written completely".into(),
    };
    let open = || ParquetRecordBatchReaderBuilder::try_new(file).and_then(|builder| builder.build());
    let mut reader = catch_panics(open).map_err(|error| unreadable(error.to_string()))?;
    let mut lines = 0;
    loop {
        let batch = catch_panics(|| reader.next().transpose()).map_err(|error| unreadable(error.to_string()))?;
        let Some(batch) = batch else { break };
        let cells = text_columns(&batch)?;
        for row in 0..batch.num_rows() {
            lines += 1;
            let fields = cells
                .iter()
                .filter_map(|(column, values)| values[row].clone().map(|value| (column.clone(), value)))
                .collect();
            rows.push(fields, lines)?;
        }
    }
    Ok(lines)
}

type TextColumn = (String, Vec<Option<String>>);

fn text_columns(batch: &RecordBatch) -> Result<Vec<TextColumn>, Error> {
    let mut columns = Vec::with_capacity(batch.num_columns());
    for (field, array) in batch.schema().fields().iter().zip(batch.columns()) {
        let array = match field.data_type() {
            // Without this cast a timestamp would be written without its offset.
            DataType::Timestamp(..) => cast(array, &timestamp_type()),
            _ => Ok(array.clone()),
        }
        .map_err(Error::engine("read a timestamp from a Parquet file"))?;
        let text = cast(&array, &DataType::Utf8).map_err(Error::engine("read a column of a Parquet file"))?;
        let values = text.as_string::<i32>().iter().map(|value| value.map(str::to_owned)).collect();
        columns.push((field.name().clone(), values));
    }
    Ok(columns)
}
