//! The columns of a query in the types of the ground: text, flag, whole number, number or timestamp.

use std::sync::Arc;

use datafusion::arrow::array::{RecordBatch, new_null_array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Schema};

use super::relation_columns::RequiredColumn;
use crate::engine::FLAG_CODE_SUFFIX;
use crate::error::Error;
use crate::sql_file::SqlFile;
use crate::timestamp::timestamp_type;

/// Casts every column to a type of the ground, and adds the missing ones that are optional.
pub(super) fn typed(file: &SqlFile, batch: RecordBatch, required: &[RequiredColumn]) -> Result<RecordBatch, Error> {
    for column in required {
        if !has_column(&batch, column.name) && !column.optional {
            let found: Vec<&str> = batch.schema_ref().fields().iter().map(|field| field.name().as_str()).collect();
            return Err(file.error(format!("no column `{}`: expected it among {}", column.name, found.join(", "))));
        }
    }
    let mut fields = Vec::with_capacity(batch.num_columns());
    let mut arrays = Vec::with_capacity(batch.num_columns());
    for (field, array) in batch.schema_ref().fields().iter().zip(batch.columns()) {
        let data_type = data_type_of(field, required).map_err(|problem| file.error(problem))?;
        arrays.push(cast(array, &data_type).map_err(Error::engine("cast a column to its type"))?);
        fields.push(Field::new(field.name(), data_type, true));
    }
    for column in required.iter().filter(|column| !has_column(&batch, column.name)) {
        fields.push(Field::new(column.name, column.data_type.clone(), true));
        arrays.push(new_null_array(&column.data_type, batch.num_rows()));
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).map_err(Error::engine("cast rows to their types"))
}

/// Returns whether rows have a column, as itself or as the codes of a flag.
fn has_column(batch: &RecordBatch, name: &str) -> bool {
    batch.schema_ref().fields().iter().any(|field| flag_of(field.name()).unwrap_or(field.name()) == name)
}

/// Returns the name of the flag that a column has the codes of; `None` if it is another column.
pub(super) fn flag_of(column: &str) -> Option<&str> {
    column.strip_suffix(FLAG_CODE_SUFFIX)
}

/// Returns the type that a column is cast to, or what is wrong with it.
fn data_type_of(field: &Field, required: &[RequiredColumn]) -> Result<DataType, String> {
    if let Some(flag) = flag_of(field.name()) {
        // Codes become the flag once the rows with a text that is none are taken out.
        return match required.iter().find(|column| column.name == flag).map(|column| &column.data_type) {
            Some(wanted) if *wanted != DataType::Boolean => {
                Err(format!("column `{flag}` is of type Boolean: expected {wanted}"))
            }
            _ => Ok(DataType::Float64),
        };
    }
    let name = field.name();
    let Some(data_type) = ground_type(field.data_type()) else {
        return Err(format!(
            "column `{name}` is of type {}: expected text, number, flag or timestamp",
            field.data_type()
        ));
    };
    let wanted = required.iter().find(|column| column.name == name).map(|column| &column.data_type);
    match wanted {
        // A text that is a timestamp is parsed later, row by row.
        _ if is_timestamp(name, wanted) && data_type == DataType::Utf8 => Ok(DataType::Utf8),
        Some(wanted) if *wanted != data_type && field.data_type() != &DataType::Null => {
            Err(format!("column `{name}` is of type {data_type}: expected {wanted}"))
        }
        Some(wanted) => Ok(wanted.clone()),
        None => Ok(data_type),
    }
}

/// Returns whether a column holds timestamps: by its name or because its relation requires them.
pub(super) fn is_timestamp(name: &str, wanted: Option<&DataType>) -> bool {
    name.ends_with("_at") || wanted == Some(&timestamp_type())
}

/// Returns the type of the ground that holds values of a type, if any.
fn ground_type(data_type: &DataType) -> Option<DataType> {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => Some(DataType::Utf8),
        DataType::Boolean => Some(DataType::Boolean),
        DataType::Float16 | DataType::Float32 | DataType::Float64 => Some(DataType::Float64),
        DataType::Decimal32(..) | DataType::Decimal64(..) | DataType::Decimal128(..) | DataType::Decimal256(..) => {
            Some(DataType::Float64)
        }
        kind if kind.is_integer() => Some(DataType::Int64),
        DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 => Some(timestamp_type()),
        _ => None,
    }
}
