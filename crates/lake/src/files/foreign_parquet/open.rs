//! Opens a Parquet file of others, once all that it announces was checked.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use datafusion::parquet::errors::ParquetError;

use super::expansion::Expansion;
use super::limits::FIXED_BYTES_MAX;
use super::{footer, pages};
use crate::files::limits::COLUMNS_MAX;
use crate::files::parquet_files::catch_panics;

/// A Parquet file that can be read.
pub(crate) struct ForeignParquet {
    pub(crate) builder: ParquetRecordBatchReaderBuilder<File>,
    /// Counts what its rows mean.
    pub(crate) expansion: Expansion,
}

/// Opens a file; an error says what is wrong with it.
pub(crate) fn open(path: &Path) -> Result<ForeignParquet, String> {
    let cannot = |error: std::io::Error| format!("it cannot be read: {error}");
    let mut file = File::open(path).map_err(cannot)?;
    let bytes = file.metadata().map_err(cannot)?.len();
    footer::check(&mut file, bytes)?;
    let broken = |error: ParquetError| error.to_string();
    let described = catch_panics(|| ArrowReaderMetadata::load(&file, ArrowReaderOptions::new())).map_err(broken)?;
    let columns = described.schema().fields().len();
    if columns > COLUMNS_MAX {
        return Err(format!("it has {columns} columns: expected at most {COLUMNS_MAX}"));
    }
    pages::check(&mut file, bytes, described.metadata())?;
    let options = ArrowReaderOptions::new().with_schema(Arc::new(with_views(described.schema())));
    let metadata = described.metadata().clone();
    let described = catch_panics(|| ArrowReaderMetadata::try_new(metadata, options)).map_err(broken)?;
    check_types(described.schema())?;
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, described);
    Ok(ForeignParquet { builder, expansion: Expansion::of_file(bytes) })
}

/// Returns the columns with all text as views, which refer to the pages instead of copying them.
fn with_views(schema: &Schema) -> Schema {
    let fields = schema.fields().iter().map(|field| {
        let kind = match field.data_type() {
            kind if is_text(kind) => DataType::Utf8View,
            DataType::Binary | DataType::LargeBinary => DataType::BinaryView,
            other => other.clone(),
        };
        field.as_ref().clone().with_data_type(kind)
    });
    Schema::new_with_metadata(fields.collect::<Vec<Field>>(), schema.metadata().clone())
}

/// Returns whether a column holds text, once or in a list of different values.
fn is_text(kind: &DataType) -> bool {
    match kind {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, value) => is_text(value),
        _ => false,
    }
}

fn check_types(schema: &Schema) -> Result<(), String> {
    let too_long = schema.fields().iter().find_map(|field| match field.data_type() {
        DataType::FixedSizeBinary(length) if *length > FIXED_BYTES_MAX => Some((field.name(), *length)),
        _ => None,
    });
    match too_long {
        Some((name, length)) => {
            Err(format!("column `{name}` has values of {length} bytes each: expected at most {FIXED_BYTES_MAX}"))
        }
        None => Ok(()),
    }
}
