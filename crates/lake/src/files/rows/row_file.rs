//! A file of rows that is read block by block.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use plumb_lead::FeatureSet;

use super::block::{BLOCK_ROWS, Block};
use super::csv::CsvRows;
use super::parquet::ParquetRows;
use crate::error::Error;
use crate::files::csv_table;

/// A file that is read block by block.
pub struct Rows {
    format: Format,
    /// Rows read so far, rejected ones included.
    read: u64,
}

enum Format {
    Csv(CsvRows),
    Parquet(ParquetRows),
}

impl Rows {
    /// Opens a CSV or Parquet file, which must have a column for each feature, and one named `id` if there is to be
    /// one. Further columns are ignored.
    pub fn open(path: &Path, features: &FeatureSet, id: Option<&str>) -> Result<Rows, Error> {
        let format = if is_parquet(path)? {
            Format::Parquet(ParquetRows::open(path, features, id)?)
        } else {
            Format::Csv(CsvRows::open(path, features, id)?)
        };
        Ok(Rows { format, read: 0 })
    }

    /// Returns the length of the file: in rows if their number is known, or else in bytes.
    pub fn length(&self) -> u64 {
        match &self.format {
            Format::Csv(csv) => csv.length(),
            Format::Parquet(parquet) => parquet.length(),
        }
    }

    /// Returns the next rows; `None` at the end of the file.
    pub fn next_block(&mut self) -> Result<Option<Block>, Error> {
        let read = match &mut self.format {
            Format::Csv(csv) => csv.read(BLOCK_ROWS)?,
            Format::Parquet(parquet) => parquet.read()?,
        };
        let Some(read) = read else { return Ok(None) };
        let first = self.read + 1;
        self.read += read.rows as u64;
        Ok(Some(read.into_block(first)))
    }
}

/// A Parquet file is recognised by its first bytes, whatever its name.
fn is_parquet(path: &Path) -> Result<bool, Error> {
    let failed = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::NotFound => Error::Csv(csv_table::Error::Missing(path.to_owned())),
        _ => Error::File { doing: "read", path: path.to_owned(), source },
    };
    if !std::fs::metadata(path).map_err(failed)?.is_file() {
        return Err(Error::Rows {
            path: path.to_owned(),
            problem: "it is not a file: expected CSV or Parquet".to_owned(),
        });
    }
    let mut beginning = Vec::new();
    File::open(path).map_err(failed)?.take(4).read_to_end(&mut beginning).map_err(failed)?;
    Ok(beginning == b"PAR1")
}
