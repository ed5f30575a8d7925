//! The rows of a file of any format, block by block, in the columns that a model sees.

use std::path::Path;

use anyhow::Result;
use plumb_lake::rows::{Block, ParquetRows};
use plumb_tables::{FilePlan, Note, ReadingPlan};

use super::table_rows::{Expected, TableRows};
use crate::lifecycle::reading::{is_parquet, open_table};
use crate::scoring::Scorer;

/// A file that is being read.
pub(super) enum FileRows {
    /// Cells of text.
    Text(Box<TableRows>),
    /// Typed columns.
    Parquet(Box<ParquetRows>),
}

impl FileRows {
    /// Opens a file. `training` is how the file of the training was read, `file` what is fixed of how this one is.
    pub(super) fn open(
        path: &Path,
        file: &FilePlan,
        training: Option<&ReadingPlan>,
        scorer: &Scorer,
        id: Option<&str>,
    ) -> Result<FileRows> {
        let model = &scorer.artifact.model;
        if is_parquet(path) {
            return Ok(FileRows::Parquet(Box::new(ParquetRows::open(path, &model.features, id)?)));
        }
        let source = open_table(path, file)?;
        let expected = Expected { features: &model.features, averages: &model.averages, plan: training };
        Ok(FileRows::Text(Box::new(TableRows::open(source.as_ref(), &expected, id)?)))
    }

    /// Returns what is to be said of how the file was read so far.
    pub(super) fn notes(&self) -> Vec<Note> {
        match self {
            FileRows::Text(rows) => rows.notes(),
            FileRows::Parquet(_) => Vec::new(),
        }
    }

    /// Returns the length of the file, in the unit of the position of a block.
    pub(super) fn length(&self) -> u64 {
        match self {
            FileRows::Text(rows) => rows.length(),
            FileRows::Parquet(rows) => rows.length(),
        }
    }

    /// Returns the next rows; `None` at the end of the file.
    pub(super) fn next_block(&mut self) -> Result<Option<Block>> {
        match self {
            FileRows::Text(rows) => rows.next_block(),
            FileRows::Parquet(rows) => Ok(rows.next_block()?),
        }
    }
}
