//! The rows of a file of any length, block by block, in the columns that a model sees.
//!
//! What a column has to hold is known from the model's features, so that nothing is guessed: a cell that is no number
//! where a number belongs is a fault of its row, which is set aside with its place and the reason. `csv_table` knows how
//! CSV is written, and which words mean that nothing is known; a Parquet file is read by the same words.

mod text;
mod parquet;
mod columns;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use plumb_lead::{FeatureSet, Table};

use crate::Error;
use columns::Columns;
use parquet::ParquetRows;
use text::TextRows;

/// Rows of a block: enough that the work on a block outweighs handing it over, and few enough that some blocks of each
/// core need little memory.
const BLOCK_ROWS: usize = 8_192;

/// A file that is read block by block.
pub struct Rows {
    source: Source,
    /// Rows read so far, those that were set aside included.
    read: u64,
}

enum Source {
    Text(TextRows),
    Parquet(ParquetRows),
}

/// Some rows of a file.
#[derive(Debug)]
pub struct Block {
    /// The number of each row in the file, from 1.
    pub numbers: Vec<u64>,
    /// What each row is called in the column that was named for it.
    pub ids: Option<Vec<Option<String>>>,
    /// The features.
    pub table: Table,
    /// The rows that cannot be used.
    pub rejected: Vec<RejectedRow>,
    /// How far the file is read, in the unit of [`Rows::length`].
    pub position: u64,
}

/// A row that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct RejectedRow {
    /// Its number in the file, from 1.
    pub number: u64,
    /// Its first line, in a file that has lines.
    pub line: Option<u64>,
    /// The column that is wrong; `None` if it is the whole row.
    pub field: Option<String>,
    /// What is wrong with it.
    pub reason: String,
}

/// What one reading of a source gave, before the faults are taken out of the columns.
struct Reading {
    /// How many rows there are, those with faults included.
    rows: usize,
    /// The line of each row, in a file that has lines.
    lines: Option<Vec<u64>>,
    columns: Columns,
    position: u64,
}

impl Rows {
    /// Opens a CSV or Parquet file, which has to have a column for each feature, and one called `id` if that is asked
    /// for. Further columns are passed over.
    pub fn open(path: &Path, features: &FeatureSet, id: Option<&str>) -> Result<Rows, Error> {
        let source = if is_parquet(path)? {
            Source::Parquet(ParquetRows::open(path, features, id)?)
        } else {
            Source::Text(TextRows::open(path, features, id)?)
        };
        Ok(Rows { source, read: 0 })
    }

    /// Returns how long the file is: in rows if it knows their number, or else in bytes.
    pub fn length(&self) -> u64 {
        match &self.source {
            Source::Text(text) => text.length(),
            Source::Parquet(parquet) => parquet.length(),
        }
    }

    /// Returns the next rows; `None` at the end of the file.
    pub fn next_block(&mut self) -> Result<Option<Block>, Error> {
        let read = match &mut self.source {
            Source::Text(text) => text.read(BLOCK_ROWS)?,
            Source::Parquet(parquet) => parquet.read()?,
        };
        let Some(Reading { rows, lines, columns, position }) = read else { return Ok(None) };
        let first = self.read + 1;
        self.read += rows as u64;
        let Columns { table, ids, faults } = columns;
        let place = |row: usize| (first + row as u64, lines.as_ref().and_then(|lines| lines.get(row).copied()));
        let rejected = faults.iter().map(|(row, fault)| {
            let (number, line) = place(*row);
            RejectedRow { number, line, field: fault.field.clone(), reason: fault.reason.clone() }
        });
        let rejected = rejected.collect();
        if faults.is_empty() {
            return Ok(Some(Block { numbers: (first..=self.read).collect(), ids, table, rejected, position }));
        }
        let kept: Vec<usize> = (0..rows).filter(|row| !faults.contains_key(row)).collect();
        let ids = ids.map(|mut ids| kept.iter().map(|row| ids[*row].take()).collect());
        let numbers = kept.iter().map(|row| first + *row as u64).collect();
        Ok(Some(Block { numbers, ids, table: table.select(&kept), rejected, position }))
    }
}

impl std::fmt::Display for RejectedRow {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(formatter, "line {line}: ")?,
            None => write!(formatter, "row {}: ", self.number)?,
        }
        if let Some(field) = &self.field {
            write!(formatter, "`{field}`: ")?;
        }
        formatter.write_str(&self.reason)
    }
}

/// A Parquet file says so in its first bytes, whatever it is called.
fn is_parquet(path: &Path) -> Result<bool, Error> {
    let failed = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::NotFound => Error::Csv(crate::csv_table::Error::Missing(path.to_owned())),
        _ => Error::File { doing: "read", path: path.to_owned(), source },
    };
    if !std::fs::metadata(path).map_err(failed)?.is_file() {
        return Err(Error::Rows {
            path: path.to_owned(),
            problem: "it is no file: expected CSV or Parquet".to_owned(),
        });
    }
    let mut beginning = Vec::new();
    File::open(path).map_err(failed)?.take(4).read_to_end(&mut beginning).map_err(failed)?;
    Ok(beginning == b"PAR1")
}

/// Returns where the wanted columns are among those of a file.
fn places(path: &Path, header: &[String], features: &FeatureSet, id: Option<&str>) -> Result<Places, Error> {
    let place = |name: &str| header.iter().position(|found| found == name);
    let names = || features.features.iter().map(|feature| feature.name.as_str());
    let absent: Vec<&str> = names().chain(id).filter(|name| place(name).is_none()).collect();
    if absent.is_empty() {
        return Ok(Places { features: names().filter_map(place).collect(), id: id.and_then(place) });
    }
    let problem = format!(
        "it has no column `{}`: expected a column for each of the model's {} features{}; it has `{}`",
        absent.join("`, `"),
        features.features.len(),
        if id.is_some() { ", and the one named by --id" } else { "" },
        header.join("`, `")
    );
    Err(Error::Rows { path: path.to_owned(), problem })
}

/// Where the wanted columns are.
#[derive(Debug)]
struct Places {
    features: Vec<usize>,
    id: Option<usize>,
}
