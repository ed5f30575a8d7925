//! A file of rows that is read block by block.

use std::path::Path;

use plumb_lead::FeatureSet;
use plumb_tables::{Input, Note, ReadingPlan, open_input};

use super::block::{BLOCK_ROWS, Block};
use super::parquet::ParquetRows;
use super::records::RecordRows;
use crate::error::Error;
use crate::files::parquet_files::is_parquet;

/// A file that is read block by block.
pub struct Rows {
    format: Format,
    /// Rows read so far, rejected ones included.
    read: u64,
}

enum Format {
    Records(Box<RecordRows>),
    Parquet {
        rows: Box<ParquetRows>,
        /// Keeps a temporary file.
        _input: Input,
    },
}

impl Rows {
    /// Opens a file, which must have a column for each feature, and one named `id` if there is to be one. Further columns
    /// are ignored.
    pub fn open(path: &Path, features: &FeatureSet, id: Option<&str>) -> Result<Rows, Error> {
        Rows::open_planned(Input::open(path)?, &ReadingPlan::default(), features, id)
    }

    /// Opens a file that is read as a plan says: of the columns, what it says of numbers, flags and missing values counts.
    pub fn open_planned(
        input: Input,
        plan: &ReadingPlan,
        features: &FeatureSet,
        id: Option<&str>,
    ) -> Result<Rows, Error> {
        let path = input.path.clone();
        let format = if is_parquet(&path)? {
            Format::Parquet { rows: Box::new(ParquetRows::open(&path, features, id)?), _input: input }
        } else {
            let source = open_input(input, &plan.file)?;
            Format::Records(Box::new(RecordRows::open(&path, source, plan, features, id)?))
        };
        Ok(Rows { format, read: 0 })
    }

    /// Returns how the file and its cells are read, as far as that is known by now.
    pub fn notes(&self) -> Vec<Note> {
        match &self.format {
            Format::Records(records) => records.notes(),
            Format::Parquet { .. } => Vec::new(),
        }
    }

    /// Returns the length of the file: in rows if their number is known, or else in bytes.
    pub fn length(&self) -> u64 {
        match &self.format {
            Format::Records(records) => records.length(),
            Format::Parquet { rows, .. } => rows.length(),
        }
    }

    /// Returns the next rows; `None` at the end of the file.
    pub fn next_block(&mut self) -> Result<Option<Block>, Error> {
        let read = match &mut self.format {
            Format::Records(records) => records.read(BLOCK_ROWS)?,
            Format::Parquet { rows, .. } => rows.read()?,
        };
        let Some(read) = read else { return Ok(None) };
        let first = self.read + 1;
        self.read += read.rows as u64;
        Ok(Some(read.into_block(first)))
    }
}
