//! The destination of the scores of a file's rows.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use plumb_lake::scores::ScoreWriter;

use super::pending_file::PendingFile;
use super::row_format::{EncodedRows, RowFormat};

/// Where scores go.
pub(crate) enum Destination {
    /// Into a file, in the format that its extension names.
    File(PathBuf),
    /// Into a stream, as CSV.
    Stream(Box<dyn Write + Send>),
}

/// A destination that is being written.
pub(super) enum ScoreOutput {
    Stream(Box<dyn Write + Send>),
    Text(PendingFile),
    Parquet(Box<ScoreWriter<PendingFile>>),
}

impl Destination {
    /// Returns the file, if it is one.
    pub(super) fn path(&self) -> Option<&Path> {
        match self {
            Destination::File(path) => Some(path),
            Destination::Stream(_) => None,
        }
    }

    /// Returns the format of the scores.
    pub(super) fn format(&self, with_ids: bool, contributions: Option<Vec<String>>) -> Result<RowFormat> {
        match self {
            Destination::File(path) => RowFormat::of_file(path, with_ids, contributions),
            Destination::Stream(_) => Ok(RowFormat::csv(with_ids, contributions)),
        }
    }

    /// Opens the destination and writes the header.
    pub(super) fn open(self, format: &RowFormat) -> Result<ScoreOutput> {
        let mut output = match (self, format) {
            (Destination::Stream(stream), _) => ScoreOutput::Stream(stream),
            (Destination::File(path), RowFormat::Parquet(columns)) => {
                ScoreOutput::Parquet(Box::new(ScoreWriter::start(PendingFile::create(&path)?, columns)?))
            }
            (Destination::File(path), _) => ScoreOutput::Text(PendingFile::create(&path)?),
        };
        output.write(&format.header()?)?;
        Ok(output)
    }
}

impl ScoreOutput {
    /// Writes rows.
    pub(super) fn write(&mut self, rows: &EncodedRows) -> Result<()> {
        match (self, rows) {
            (ScoreOutput::Stream(stream), EncodedRows::Text(text)) => {
                stream.write_all(text).context("cannot write the scores")
            }
            (ScoreOutput::Text(file), EncodedRows::Text(text)) => {
                file.write_all(text).context("cannot write the scores")
            }
            (ScoreOutput::Parquet(writer), EncodedRows::Columns(encoded)) => Ok(writer.write(encoded)?),
            // A Parquet file has no header of text, and text formats encode no columns.
            (_, _) => Ok(()),
        }
    }

    /// Completes the destination; a file gets its name now.
    pub(super) fn finish(self) -> Result<()> {
        match self {
            ScoreOutput::Stream(mut stream) => stream.flush().context("cannot write the scores"),
            ScoreOutput::Text(file) => file.finish(),
            ScoreOutput::Parquet(writer) => writer.finish()?.finish(),
        }
    }
}
