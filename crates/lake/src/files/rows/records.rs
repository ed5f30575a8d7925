//! The rows of a file that `plumb_tables` reads: CSV in any national form, sheets, JSON, compressed or not.

use std::path::{Path, PathBuf};

use plumb_lead::{FeatureKind, FeatureSet, Values};
use plumb_tables::{Note, ReadingPlan, Record, RecordSource, Records, SetAside};

use super::block::ReadRows;
use super::cell_forms::CellForms;
use super::columns::{self, Columns, Fault, Faults};
use super::positions::ColumnPositions;
use crate::error::Error;
use crate::files::limits::BLOCK_BYTES_MAX;

/// A row with its line, or why it cannot be read.
type NumberedRow = (u64, Result<Record, Fault>);

/// A file of records that is being read.
pub(super) struct RecordRows {
    path: PathBuf,
    source: Box<dyn RecordSource>,
    records: Box<dyn Records + Send>,
    features: FeatureSet,
    positions: ColumnPositions,
    forms: CellForms,
    record: Record,
    /// Rows that were set aside before the row that is in `record`, if there is one with its line.
    pending: (Vec<SetAside>, Option<u64>),
}

impl RecordRows {
    pub(super) fn open(
        path: &Path,
        source: Box<dyn RecordSource>,
        plan: &ReadingPlan,
        features: &FeatureSet,
        id: Option<&str>,
    ) -> Result<RecordRows, Error> {
        let records = source.open()?;
        let positions = ColumnPositions::find(path, records.names(), features, id)?;
        let forms = CellForms::of(plan, features);
        let (features, record) = (features.clone(), Record::new());
        Ok(RecordRows {
            path: path.to_owned(),
            source,
            records,
            features,
            positions,
            forms,
            record,
            pending: (Vec::new(), None),
        })
    }

    /// Returns the length of the file, in the unit of positions.
    pub(super) fn length(&self) -> u64 {
        self.records.progress().1
    }

    /// Returns how the file and its cells are read, as far as that is known.
    pub(super) fn notes(&self) -> Vec<Note> {
        self.source.notes().iter().cloned().chain(self.forms.notes()).collect()
    }

    /// Reads at most so many rows.
    pub(super) fn read(&mut self, rows_max: usize) -> Result<Option<ReadRows>, Error> {
        let (mut rows, mut lines, mut faults) = (Vec::with_capacity(rows_max), Vec::new(), Faults::new());
        let mut bytes = 0;
        while rows.len() < rows_max && bytes < BLOCK_BYTES_MAX {
            let Some((line, row)) = self.next()? else { break };
            lines.push(line);
            // A row that cannot be read keeps its position, with no cells.
            rows.push(row.unwrap_or_else(|fault| {
                faults.insert(rows.len(), fault);
                Record::new()
            }));
            bytes += rows.last().map_or(0, |row| row.as_slice().len() as u64);
        }
        if rows.is_empty() {
            return Ok(None);
        }
        let values = self.values(&rows, &mut faults)?;
        let ids = self.positions.id.map(|position| columns::ids(cells(&rows, position).map(Some)));
        let columns = Columns::new(&self.features, values, ids, faults)?;
        let position = self.records.progress().0;
        Ok(Some(ReadRows { rows: rows.len(), lines: Some(lines), columns, position }))
    }

    /// Returns the next row with its line, or why it cannot be read; `None` at the end.
    fn next(&mut self) -> Result<Option<NumberedRow>, Error> {
        loop {
            if let Some(lost) = self.pending.0.pop() {
                return Ok(Some((lost.line, Err(Fault { field: lost.column, reason: lost.reason }))));
            }
            if let Some(line) = self.pending.1.take() {
                return Ok(Some((line, Ok(std::mem::take(&mut self.record)))));
            }
            let line = self.records.next(&mut self.record)?;
            let mut set_aside = self.records.take_set_aside();
            // Titles and footers are no rows.
            set_aside.retain(|set_aside| set_aside.is_row);
            if line.is_none() && set_aside.is_empty() {
                return Ok(None);
            }
            set_aside.reverse();
            self.pending = (set_aside, line);
        }
    }

    fn values(&mut self, rows: &[Record], faults: &mut Faults) -> Result<Vec<Values>, Error> {
        let places: Vec<(usize, usize)> = self.positions.features.iter().copied().enumerate().collect();
        let number =
            |(feature, _): &&(usize, usize)| matches!(self.features.features[*feature].kind, FeatureKind::Number);
        // How a number is written is decided over the whole file, and only if some cell leaves it open.
        let is_open = places.iter().filter(number).any(|(feature, position)| {
            self.forms.is_undecided(*feature)
                && cells(rows, *position).any(|cell| self.forms.needs_decision(*feature, cell))
        });
        if is_open {
            self.forms.decide(self.source.as_ref(), &self.positions, &self.features).map_err(|error| match error {
                plumb_tables::Error::Read { source, .. } => Error::file("read", &self.path)(source),
                other => Error::Table(other),
            })?;
        }
        let mut values = Vec::with_capacity(places.len());
        for (feature, position) in places {
            let of = &self.features.features[feature];
            values.push(columns::of_text(
                &of.name,
                &of.kind,
                cells(rows, position),
                self.forms.of_feature(feature),
                faults,
            ));
        }
        Ok(values)
    }
}

fn cells(rows: &[Record], position: usize) -> impl Iterator<Item = &str> {
    rows.iter().map(move |row| row.get(position).unwrap_or_default())
}
