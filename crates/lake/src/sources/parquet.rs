//! Parquet files, every column as text.

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Schema};

use super::file_rows::FileRows;
use crate::error::Error;
use crate::files::foreign_parquet::{ForeignParquet, Texts, open};
use crate::files::limits::{ROW_BYTES_MAX, SOURCE_COLUMNS_MAX};
use crate::files::parquet_files::catch_panics;
use crate::timestamp::timestamp_type;

/// Reads all rows, and returns their number.
pub(super) fn read(rows: &mut FileRows<'_>, source: &str) -> Result<u64, Error> {
    let label = rows.label;
    let unreadable = |problem: String| Error::Source {
        source_name: source.to_owned(),
        problem: format!("`{label}` is not a readable Parquet file: {problem}"),
        hint: "check that it was written completely".into(),
    };
    let ForeignParquet { builder, mut expansion } = open(rows.path).map_err(unreadable)?;
    check_columns(builder.schema()).map_err(unreadable)?;
    let mut reader = catch_panics(|| builder.build()).map_err(|error| unreadable(error.to_string()))?;
    let mut lines = 0;
    loop {
        let batch = catch_panics(|| reader.next().transpose()).map_err(|error| unreadable(error.to_string()))?;
        let Some(batch) = batch else { break };
        expansion.add(&batch).map_err(unreadable)?;
        let columns = text_columns(&batch)?;
        let positions = positions(rows, &columns)?;
        for row in 0..batch.num_rows() {
            lines += 1;
            let texts = || columns.iter().map(|(_, texts)| texts.get(row));
            let bytes: usize = texts().flatten().map(str::len).sum();
            if bytes as u64 > ROW_BYTES_MAX {
                rows.reject(lines, "", format!("the row has {bytes} bytes: expected at most {ROW_BYTES_MAX}"))?;
                continue;
            }
            match &positions {
                Some(positions) => {
                    let cells = positions.iter().zip(texts()).filter_map(|(at, text)| Some(((*at)?, text?)));
                    rows.push_texts(cells, lines)?;
                }
                None => {
                    let named = columns.iter().zip(texts());
                    let fields = named.filter_map(|((name, _), text)| Some((name.clone(), text?.to_owned()))).collect();
                    rows.push(fields, lines)?;
                }
            }
        }
    }
    Ok(lines)
}

/// Returns the position of each column in the raw table, which gets those that it lacks and that have a value here; `None` if
/// a row that has all of them would be rejected.
fn positions(rows: &mut FileRows<'_>, columns: &[(String, Texts)]) -> Result<Option<Vec<Option<usize>>>, Error> {
    let with_values = columns.iter().filter(|(_, texts)| texts.has_any());
    let mut names: Vec<String> = with_values.map(|(name, _)| name.clone()).collect();
    names.sort();
    if rows.check(names.iter()).is_err() {
        return Ok(None);
    }
    let known = rows.columns(&names)?;
    let position = |(name, _): &(String, Texts)| names.binary_search(name).ok().map(|at| known[at]);
    Ok(Some(columns.iter().map(position).collect()))
}

/// Refuses columns that are no cells of a row, and too many of them.
fn check_columns(schema: &Schema) -> Result<(), String> {
    let columns = schema.fields().len();
    if columns > SOURCE_COLUMNS_MAX {
        return Err(format!("it has {columns} columns: expected at most {SOURCE_COLUMNS_MAX}"));
    }
    match schema.fields().iter().find(|field| field.data_type().is_nested()) {
        Some(field) => Err(format!(
            "column `{}` holds {}: expected texts, numbers, flags or times; leave it out, or write it as text",
            field.name(),
            field.data_type()
        )),
        None => Ok(()),
    }
}

fn text_columns(batch: &RecordBatch) -> Result<Vec<(String, Texts)>, Error> {
    let mut columns = Vec::with_capacity(batch.num_columns());
    for (field, array) in batch.schema().fields().iter().zip(batch.columns()) {
        let array = match field.data_type() {
            // Without this cast a timestamp would be written without its offset.
            DataType::Timestamp(..) => cast(array, &timestamp_type()),
            _ => Ok(array.clone()),
        }
        .map_err(Error::engine("read a timestamp from a Parquet file"))?;
        let texts = Texts::of(&array).map_err(Error::engine("read a column of a Parquet file"))?;
        columns.push((field.name().clone(), texts));
    }
    Ok(columns)
}
