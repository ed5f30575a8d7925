//! The rows of a CSV file.

use std::io::Read;
use std::path::{Path, PathBuf};

use csv::StringRecord;
use plumb_lead::FeatureSet;

use super::columns::{self, Columns, Fault, Faults};
use super::{Places, Reading, places};
use crate::Error;
use crate::csv_table::{self, RowReader};

/// A CSV file that is being read.
pub(super) struct TextRows {
    path: PathBuf,
    reader: RowReader<Box<dyn Read + Send>>,
    bytes: u64,
    features: FeatureSet,
    places: Places,
}

impl TextRows {
    pub(super) fn open(path: &Path, features: &FeatureSet, id: Option<&str>) -> Result<TextRows, Error> {
        let reader = csv_table::open(path)?;
        let places = places(path, reader.header(), features, id)?;
        let bytes = std::fs::metadata(path).map_err(Error::file("read", path))?.len();
        Ok(TextRows { path: path.to_owned(), reader, bytes, features: features.clone(), places })
    }

    /// Returns the length of the file in bytes.
    pub(super) fn length(&self) -> u64 {
        self.bytes
    }

    /// Reads so many rows, or those that are left.
    pub(super) fn read(&mut self, rows_max: usize) -> Result<Option<Reading>, Error> {
        let (mut rows, mut lines, mut faults) = (Vec::with_capacity(rows_max), Vec::new(), Faults::new());
        while rows.len() < rows_max {
            match self.reader.next().map_err(Error::file("read", &self.path))? {
                None => break,
                Some((line, row)) => {
                    lines.push(line);
                    // A row that cannot be read keeps its place, with no cells.
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
        let cells = |place: usize| rows.iter().map(move |row| row.get(place).unwrap_or_default());
        let features = self.features.features.iter().zip(&self.places.features);
        let values =
            features.map(|(feature, place)| columns::of_text(&feature.name, &feature.kind, cells(*place), &mut faults));
        let values = values.collect();
        let ids = self.places.id.map(|place| columns::ids(cells(place).map(Some)));
        let columns = Columns::new(&self.features, values, ids, faults)?;
        let position = self.reader.bytes().min(self.bytes);
        Ok(Some(Reading { rows: rows.len(), lines: Some(lines), columns, position }))
    }
}
