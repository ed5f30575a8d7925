//! Rejects rows in which a required value is missing, or a text cannot be read as what the query takes it for.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch};
use datafusion::arrow::compute::filter_record_batch;
use datafusion::arrow::datatypes::{DataType, Field, Float64Type, Schema, TimestampMicrosecondType};

use super::relation_columns::RequiredColumn;
use super::typed_rows::{flag_of, is_timestamp};
use crate::engine::{CellFaults, Fault, is_fault_number, is_fault_time};
use crate::error::Error;
use crate::raw::RejectedRow;
use crate::sql_file::SqlFile;
use crate::timestamp::{self, timestamp_array, timestamp_type};

/// Reads the rows of one file, batch after batch: parses timestamps that are text, and takes the rejected rows out.
pub(super) struct RowReader<'a> {
    file: &'a SqlFile,
    required: &'a [RequiredColumn],
    /// The texts that functions of the query could not read.
    faults: &'a CellFaults,
    /// Those of them that are in a row.
    found: HashSet<u64>,
    rows: usize,
}

impl<'a> RowReader<'a> {
    pub(super) fn new(file: &'a SqlFile, required: &'a [RequiredColumn], faults: &'a CellFaults) -> RowReader<'a> {
        RowReader { file, required, faults, found: HashSet::new(), rows: 0 }
    }

    /// Returns the readable rows of the next batch.
    pub(super) fn read(&mut self, batch: RecordBatch, rejected: &mut Vec<RejectedRow>) -> Result<RecordBatch, Error> {
        let (file, rows_before) = (self.file, self.rows);
        self.rows += batch.num_rows();
        let mut accepted = vec![true; batch.num_rows()];
        let mut fields: Vec<Field> = batch.schema_ref().fields().iter().map(|field| field.as_ref().clone()).collect();
        let mut arrays = batch.columns().to_vec();
        let mut reject = |row: usize, field: &str, reason: String| {
            if accepted[row] {
                let origin = known_origin(&batch, row).map(str::to_owned);
                let origin = origin.unwrap_or_else(|| format!("{}:{}", file.name, rows_before + row + 1));
                rejected.push(RejectedRow::at(&origin, field, reason));
            }
            accepted[row] = false;
        };
        for (field, array) in fields.iter_mut().zip(&mut arrays) {
            let name = flag_of(field.name()).unwrap_or(field.name()).to_owned();
            for (row, code) in unread(array) {
                self.found.insert(code);
                let reason = self.faults.reason(code);
                reject(row, &name, reason.unwrap_or_else(|| "a text that the query parses cannot be read".to_owned()));
            }
            if flag_of(field.name()).is_some() {
                *array = flags(array);
                *field = Field::new(&name, DataType::Boolean, true);
            }
            let column = self.required.iter().find(|column| column.name == name);
            if is_timestamp(&name, column.map(|column| &column.data_type)) && array.data_type() == &DataType::Utf8 {
                *array = parsed(array, |row, reason| reject(row, &name, reason));
                *field = Field::new(&name, timestamp_type(), true);
            }
            if column.is_some_and(|column| column.not_null) {
                for row in (0..array.len()).filter(|row| array.is_null(*row)) {
                    reject(row, &name, "missing: every row needs it".into());
                }
            }
        }
        let batch =
            RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).map_err(Error::engine("parse timestamps"))?;
        filter_record_batch(&batch, &BooleanArray::from(accepted)).map_err(Error::engine("reject rows"))
    }

    /// Rejects the texts that could not be read and are in no row.
    pub(super) fn finish(self, rejected: &mut Vec<RejectedRow>) {
        let faults = self.faults.take();
        let elsewhere = faults.iter().filter(|(code, _)| !self.found.contains(code));
        rejected.extend(elsewhere.map(|(_, fault)| of_no_row(self.file, fault)));
    }
}

/// Returns the rows of a column whose value stands for a text that could not be read, with its code.
fn unread(array: &ArrayRef) -> Vec<(usize, u64)> {
    if let Some(numbers) = array.as_primitive_opt::<Float64Type>() {
        let numbers = numbers.iter().enumerate();
        return numbers.filter_map(|(row, number)| Some((row, is_fault_number(number?)?))).collect();
    }
    let Some(times) = array.as_primitive_opt::<TimestampMicrosecondType>() else { return Vec::new() };
    times.iter().enumerate().filter_map(|(row, time)| Some((row, is_fault_time(time?)?))).collect()
}

/// Returns the flags of their codes.
fn flags(codes: &ArrayRef) -> ArrayRef {
    let codes = codes.as_primitive::<Float64Type>();
    Arc::new(codes.iter().map(|code| code.map(|code| code == 1.0)).collect::<BooleanArray>())
}

/// Returns the entry of a text that could not be read and that no returned row stands for: the query filters by it, or
/// makes something else of it.
fn of_no_row(file: &SqlFile, fault: &Fault) -> RejectedRow {
    let Fault { reason, cells } = fault;
    let reason = format!(
        "{reason}; {cells} such cells are in no row that the query returns, or it makes other values of them: parse them in \
         a column of their own"
    );
    RejectedRow { file: file.name.clone(), line: 0, field: String::new(), reason }
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

/// Returns where a row came from, if its query says so: its file or table, and its line or key.
pub(super) fn known_origin(batch: &RecordBatch, row: usize) -> Option<&str> {
    let origins = batch.column_by_name("_origin").filter(|array| array.data_type() == &DataType::Utf8)?;
    let origins = origins.as_string::<i32>();
    origins.is_valid(row).then(|| origins.value(row))
}
