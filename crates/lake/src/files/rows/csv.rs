//! The rows of a CSV file.

use std::io::Read;
use std::path::{Path, PathBuf};

use csv::StringRecord;
use plumb_lead::FeatureSet;

use super::block::ReadRows;
use super::columns::{self, Columns, Fault, Faults};
use super::positions::ColumnPositions;
use crate::error::Error;
use crate::files::csv_table::{self, RowReader};
use crate::files::limits::BLOCK_BYTES_MAX;

/// A CSV file that is being read.
pub(super) struct CsvRows {
    path: PathBuf,
    reader: RowReader<Box<dyn Read + Send>>,
    bytes: u64,
    features: FeatureSet,
    positions: ColumnPositions,
}

impl CsvRows {
    pub(super) fn open(path: &Path, features: &FeatureSet, id: Option<&str>) -> Result<CsvRows, Error> {
        let reader = csv_table::open(path)?;
        let positions = ColumnPositions::find(path, reader.header(), features, id)?;
        let bytes = std::fs::metadata(path).map_err(Error::file("read", path))?.len();
        Ok(CsvRows { path: path.to_owned(), reader, bytes, features: features.clone(), positions })
    }

    /// Returns the length of the file in bytes.
    pub(super) fn length(&self) -> u64 {
        self.bytes
    }

    /// Reads at most so many rows.
    pub(super) fn read(&mut self, rows_max: usize) -> Result<Option<ReadRows>, Error> {
        let (mut rows, mut lines, mut faults) = (Vec::with_capacity(rows_max), Vec::new(), Faults::new());
        let begins = self.reader.bytes();
        while rows.len() < rows_max && self.reader.bytes() - begins < BLOCK_BYTES_MAX {
            match self.reader.next().map_err(Error::file("read", &self.path))? {
                None => break,
                Some((line, row)) => {
                    lines.push(line);
                    // A row that cannot be read keeps its position, with no cells.
                    rows.push(row.unwrap_or_else(|rejected| {
                        let fault = Fault { field: rejected.field, reason: rejected.reason };
                        faults.insert(rows.len(), fault);
                        StringRecord::new()
                    }));
                }
            }
        }
        if rows.is_empty() {
            return Ok(None);
        }
        let cells = |position: usize| rows.iter().map(move |row| row.get(position).unwrap_or_default());
        let features = self.features.features.iter().zip(&self.positions.features);
        let values = features
            .map(|(feature, position)| columns::of_text(&feature.name, &feature.kind, cells(*position), &mut faults));
        let values = values.collect();
        let ids = self.positions.id.map(|position| columns::ids(cells(position).map(Some)));
        let columns = Columns::new(&self.features, values, ids, faults)?;
        let position = self.reader.bytes().min(self.bytes);
        Ok(Some(ReadRows { rows: rows.len(), lines: Some(lines), columns, position }))
    }
}
