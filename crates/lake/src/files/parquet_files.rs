//! Parquet files: reading them whole, writing them, and reading those of others without a panic.

use std::fs::File;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::concat_batches;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use datafusion::parquet::basic::Compression;
use datafusion::parquet::errors::ParquetError;
use datafusion::parquet::file::properties::WriterProperties;

use crate::error::Error;
use crate::files::file_hash::{FileHash, HashedFile};

/// Rows of a row group of [`write_parquet`]: small enough that one lead is found without reading much.
const ROW_GROUP_ROWS: usize = 8_192;

/// Reads a whole file into one batch.
pub(crate) fn read_parquet(path: &Path) -> Result<RecordBatch, Error> {
    let file = File::open(path).map_err(Error::file("open", path))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(Error::engine("open a Parquet file"))?;
    let schema = builder.schema().clone();
    let reader = builder.build().map_err(Error::engine("read a Parquet file"))?;
    let batches = reader.collect::<Result<Vec<_>, _>>().map_err(Error::engine("read a Parquet file"))?;
    concat_batches(&schema, &batches).map_err(Error::engine("read a Parquet file"))
}

/// Writes a new file, which is on the disk when this returns, and returns its hash.
pub(crate) fn write_parquet(path: &Path, batch: &RecordBatch) -> Result<FileHash, Error> {
    write_batch(HashedFile::create(path)?, batch)?.finish(path)
}

/// Writes one batch as a Parquet file, and returns where it was written.
pub(crate) fn write_batch<W: Write + Send>(to: W, batch: &RecordBatch) -> Result<W, Error> {
    let mut writer = parquet_writer(to, batch.schema(), Some(ROW_GROUP_ROWS))?;
    writer.write(batch).map_err(Error::engine("write a Parquet file"))?;
    writer.into_inner().map_err(Error::engine("finish a Parquet file"))
}

/// Starts a Parquet file with row groups of at most so many rows.
pub(crate) fn parquet_writer<W: Write + Send>(
    to: W,
    schema: SchemaRef,
    row_group_rows: Option<usize>,
) -> Result<ArrowWriter<W>, Error> {
    let mut properties = WriterProperties::builder().set_compression(Compression::SNAPPY);
    if row_group_rows.is_some() {
        properties = properties.set_max_row_group_row_count(row_group_rows);
    }
    ArrowWriter::try_new(to, schema, Some(properties.build())).map_err(Error::engine("start a Parquet file"))
}

/// Runs a read of a file that others wrote. The Parquet reader panics on some broken files; here that is an error like
/// any other. Once this has failed, its reader must not be used again.
pub(crate) fn catch_panics<T, E: From<ParquetError>>(read: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    // The half-changed reader is not used again.
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let why = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no reason is known");
        Err(ParquetError::General(format!("it is broken: {why}")).into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error() {
        assert_eq!(catch_panics(|| Ok::<_, ParquetError>(1)).ok(), Some(1));
        let broken =
            catch_panics(|| -> Result<(), ParquetError> { panic!("on {}", "purpose") }).expect_err("it panics");
        assert!(broken.to_string().contains("it is broken: on purpose"), "{broken}");
    }
}
