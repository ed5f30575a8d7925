//! The texts of a column, whatever it holds.

use datafusion::arrow::array::{Array, ArrayRef, AsArray, StringArray, StringViewArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::error::ArrowError;

/// A column as text. What is text already is not copied.
pub(crate) enum Texts {
    Views(StringViewArray),
    Written(StringArray),
}

impl Texts {
    /// Returns a column's values as they are written.
    pub(crate) fn of(column: &ArrayRef) -> Result<Texts, ArrowError> {
        match column.data_type() {
            DataType::Utf8View => Ok(Texts::Views(column.as_string_view().clone())),
            DataType::BinaryView => Ok(Texts::Views(cast(column, &DataType::Utf8View)?.as_string_view().clone())),
            _ => Ok(Texts::Written(cast(column, &DataType::Utf8)?.as_string::<i32>().clone())),
        }
    }

    /// Returns the text of a row; `None` if it is missing.
    pub(crate) fn get(&self, row: usize) -> Option<&str> {
        match self {
            Texts::Views(texts) => texts.is_valid(row).then(|| texts.value(row)),
            Texts::Written(texts) => texts.is_valid(row).then(|| texts.value(row)),
        }
    }

    /// Returns whether any row has a text.
    pub(crate) fn has_any(&self) -> bool {
        match self {
            Texts::Views(texts) => texts.null_count() < texts.len(),
            Texts::Written(texts) => texts.null_count() < texts.len(),
        }
    }
}
