//! What one `sources/*.sql` says, with its columns in the few types that the ground knows and its bad rows kept aside.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, new_null_array};
use datafusion::arrow::compute::{cast, concat, filter_record_batch};
use datafusion::arrow::datatypes::{DataType, Field, Schema};

use super::tables::Tables;
use crate::engine::moments;
use crate::timestamp::{self, timestamp_type};
use crate::{Error, RejectedRow, SqlFile};

/// A column that a relation cannot do without.
pub(super) struct Required {
    pub(super) name: &'static str,
    pub(super) data_type: DataType,
    /// Whether a row without it is rejected.
    pub(super) not_null: bool,
    /// Whether a file may go without the column: then no row has it.
    pub(super) may_lack: bool,
}

/// The rows of all files of one relation, and the file of each row.
pub(super) struct Rows {
    pub(super) batch: RecordBatch,
    /// Position in `files`, a row each.
    pub(super) file_of: Vec<u16>,
    /// The columns of each of `files`.
    pub(super) columns_of: Vec<Vec<String>>,
}

impl Rows {
    pub(super) fn column(&self, name: &str) -> Option<&ArrayRef> {
        self.batch.column_by_name(name)
    }

    /// Returns a text column that was required.
    pub(super) fn text(&self, name: &str) -> &datafusion::arrow::array::StringArray {
        self.column(name).expect("required columns are there, in their type").as_string::<i32>()
    }

    /// Returns a moment column that was required, in microseconds.
    pub(super) fn micros(&self, name: &str) -> &datafusion::arrow::array::TimestampMicrosecondArray {
        self.column(name).expect("required columns are there, in their type").as_primitive()
    }
}

impl Rows {
    /// Returns where a row came from.
    pub(super) fn origin(&self, files: &[&SqlFile], row: usize) -> String {
        origin(files[usize::from(self.file_of[row])], &self.batch, row)
    }
}

/// Runs the files of one relation and unites their rows by column name.
pub(super) async fn read(
    tables: &Tables,
    files: &[&SqlFile],
    required: &[Required],
    rejected: &mut Vec<RejectedRow>,
) -> Result<Rows, Error> {
    let mut batches = Vec::with_capacity(files.len());
    for file in files {
        batches.push(read_one(tables, file, required, rejected).await?);
    }
    unite(files, batches)
}

/// Runs one file.
pub(super) async fn read_one(
    tables: &Tables,
    file: &SqlFile,
    required: &[Required],
    rejected: &mut Vec<RejectedRow>,
) -> Result<RecordBatch, Error> {
    keep_readable(file, tables.rows(file, required).await?, required, rejected)
}

/// Brings every column into a type of the ground.
pub(super) fn check_columns(file: &SqlFile, batch: RecordBatch, required: &[Required]) -> Result<RecordBatch, Error> {
    for column in required {
        if batch.column_by_name(column.name).is_none() && !column.may_lack {
            let found: Vec<&str> = batch.schema_ref().fields().iter().map(|field| field.name().as_str()).collect();
            return Err(file.wrong(format!("no column `{}`: expected it among {}", column.name, found.join(", "))));
        }
    }
    let mut fields = Vec::with_capacity(batch.num_columns());
    let mut arrays = Vec::with_capacity(batch.num_columns());
    for (field, array) in batch.schema_ref().fields().iter().zip(batch.columns()) {
        let name = field.name();
        let ground = match array.data_type() {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => DataType::Utf8,
            DataType::Boolean => DataType::Boolean,
            DataType::Float16 | DataType::Float32 | DataType::Float64 => DataType::Float64,
            DataType::Decimal32(..) | DataType::Decimal64(..) | DataType::Decimal128(..) | DataType::Decimal256(..) => {
                DataType::Float64
            }
            kind if kind.is_integer() => DataType::Int64,
            DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 => timestamp_type(),
            other => {
                return Err(
                    file.wrong(format!("column `{name}` is of type {other}: expected text, number, flag or moment"))
                );
            }
        };
        let wanted = required.iter().find(|column| column.name == name).map(|column| &column.data_type);
        let is_moment = name.ends_with("_at") || wanted == Some(&timestamp_type());
        let ground = match wanted {
            // A text that stands for a moment is read later, row by row.
            _ if is_moment && ground == DataType::Utf8 => DataType::Utf8,
            Some(wanted) if *wanted != ground && array.data_type() != &DataType::Null => {
                return Err(file.wrong(format!("column `{name}` is of type {ground}: expected {wanted}")));
            }
            Some(wanted) => wanted.clone(),
            None => ground,
        };
        arrays.push(cast(array, &ground).map_err(Error::engine("bring a column into its type"))?);
        fields.push(Field::new(name, ground, true));
    }
    for column in required.iter().filter(|column| batch.column_by_name(column.name).is_none()) {
        fields.push(Field::new(column.name, column.data_type.clone(), true));
        arrays.push(new_null_array(&column.data_type, batch.num_rows()));
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).map_err(Error::engine("bring rows into their types"))
}

/// Reads moments that are text, and keeps rows aside in which something needed is missing or unreadable.
fn keep_readable(
    file: &SqlFile,
    batch: RecordBatch,
    required: &[Required],
    rejected: &mut Vec<RejectedRow>,
) -> Result<RecordBatch, Error> {
    let rows = batch.num_rows();
    let mut keep = vec![true; rows];
    let mut fields: Vec<Field> = batch.schema_ref().fields().iter().map(|field| field.as_ref().clone()).collect();
    let mut arrays = batch.columns().to_vec();
    let mut reject = |row: usize, field: &str, reason: String| {
        if keep[row] {
            rejected.push(RejectedRow::at(&origin(file, &batch, row), field, reason));
        }
        keep[row] = false;
    };
    for (field, array) in fields.iter_mut().zip(&mut arrays) {
        let needed = required.iter().find(|column| column.name == field.name());
        let is_moment =
            field.name().ends_with("_at") || needed.is_some_and(|column| column.data_type == timestamp_type());
        if is_moment && array.data_type() == &DataType::Utf8 {
            let texts = array.as_string::<i32>().clone();
            let micros: Vec<Option<i64>> = texts.iter().map(|text| text.and_then(timestamp::parse)).collect();
            for (row, text) in texts.iter().enumerate().filter(|(row, _)| micros[*row].is_none()) {
                if let Some(text) = text {
                    reject(row, field.name(), format!("`{text}` is no moment: {}", timestamp::EXPECTED));
                }
            }
            *array = moments(micros);
            *field = Field::new(field.name(), timestamp_type(), true);
        }
        if needed.is_some_and(|column| column.not_null) {
            for row in (0..rows).filter(|row| array.is_null(*row)) {
                reject(row, field.name(), "missing: every row needs it".into());
            }
        }
    }
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).map_err(Error::engine("read moments"))?;
    filter_record_batch(&batch, &BooleanArray::from(keep)).map_err(Error::engine("keep bad rows aside"))
}

fn origin(file: &SqlFile, batch: &RecordBatch, row: usize) -> String {
    let known = batch.column_by_name("_origin").filter(|array| array.data_type() == &DataType::Utf8);
    match known.map(|array| array.as_string::<i32>()).filter(|origins| origins.is_valid(row)) {
        Some(origins) => origins.value(row).to_owned(),
        None => format!("{}:{}", file.name, row + 1),
    }
}

/// Unites the rows of the files of one relation by column name.
pub(super) fn unite(files: &[&SqlFile], batches: Vec<RecordBatch>) -> Result<Rows, Error> {
    let mut fields: Vec<(String, DataType)> = Vec::new();
    for (file, batch) in files.iter().zip(&batches) {
        for field in batch.schema_ref().fields() {
            match fields.iter_mut().find(|(name, _)| name == field.name()) {
                None => fields.push((field.name().clone(), field.data_type().clone())),
                Some((_, known)) if known == field.data_type() => {}
                Some((_, known)) if known.is_numeric() && field.data_type().is_numeric() => *known = DataType::Float64,
                Some((name, known)) => {
                    let problem = format!(
                        "column `{name}` is of type {} here and {known} in an earlier file: use CAST",
                        field.data_type()
                    );
                    return Err(file.wrong(problem));
                }
            }
        }
    }
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
    let schema = Schema::new(fields.into_iter().map(|(name, kind)| Field::new(name, kind, true)).collect::<Vec<_>>());
    let batch =
        RecordBatch::try_new(Arc::new(schema), columns).map_err(Error::engine("unite the files of a relation"))?;
    let names = |batch: &RecordBatch| batch.schema_ref().fields().iter().map(|field| field.name().clone()).collect();
    Ok(Rows { batch, file_of, columns_of: batches.iter().map(names).collect() })
}
