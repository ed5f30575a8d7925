//! Blocks of rows of a file of text.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use plumb_lake::rows::{Block, RejectedRow};
use plumb_lead::{Column, Table};
use plumb_tables::{Level, Note, NoteCode, Record, RecordSource, Records};

use super::decide::{Expected, decide};
use super::feature_reader::FeatureReader;
use super::positions::Positions;

/// Rows of a block: enough that the work on a block outweighs handing it over, and few enough that some blocks of each core
/// need little memory.
const BLOCK_ROWS: usize = 8_192;

/// The most bytes of the rows of a block.
const BLOCK_BYTES_MAX: usize = 64 << 20;

/// A file of text that is being read.
pub(in crate::lifecycle::score) struct TableRows {
    records: Box<dyn Records + Send>,
    names: Vec<String>,
    positions: Positions,
    readers: Vec<FeatureReader>,
    /// What is to be said of how it is read.
    notes: Vec<Note>,
    /// Of each feature, the cells that were not empty and count as missing.
    spelled_missing: Vec<u64>,
    /// Rows read so far, rejected ones included.
    read: u64,
}

/// Rows as they were read.
#[derive(Default)]
struct ReadRows {
    records: Vec<Record>,
    numbers: Vec<u64>,
    lines: Vec<u64>,
    rejected: Vec<RejectedRow>,
    bytes: usize,
}

impl TableRows {
    /// Starts at the first row of a file, which must have a column for each feature, and one named `id` if there is to be
    /// one. Further columns are passed over.
    pub(in crate::lifecycle::score) fn open(
        source: &dyn RecordSource,
        expected: &Expected<'_>,
        id: Option<&str>,
    ) -> Result<TableRows> {
        let records = source.open()?;
        let positions = Positions::find(source.name(), records.names(), expected.features, id)?;
        let (readers, mut notes) = decide(source, &positions, expected)?;
        notes.splice(0..0, source.notes().iter().cloned());
        let names: Vec<String> = expected.features.features.iter().map(|feature| feature.name.clone()).collect();
        let spelled_missing = vec![0; names.len()];
        Ok(TableRows { records, names, positions, readers, notes, spelled_missing, read: 0 })
    }

    /// Returns what is to be said of how the file was read so far.
    pub(in crate::lifecycle::score) fn notes(&self) -> Vec<Note> {
        let spelled = self.names.iter().zip(&self.spelled_missing).filter(|(_, count)| **count > 0);
        self.notes.iter().cloned().chain(spelled.map(|(name, count)| missing(name, *count))).collect()
    }

    /// Returns the length of the file, in the unit of the position of a block.
    pub(in crate::lifecycle::score) fn length(&self) -> u64 {
        self.records.progress().1
    }

    /// Returns the next rows; `None` at the end of the file.
    pub(in crate::lifecycle::score) fn next_block(&mut self) -> Result<Option<Block>> {
        let mut rows = ReadRows::default();
        while rows.records.len() + rows.rejected.len() < BLOCK_ROWS && rows.bytes < BLOCK_BYTES_MAX {
            let mut record = Record::new();
            let line = self.records.next(&mut record)?;
            for set_aside in self.records.take_set_aside().into_iter().filter(|record| record.is_row) {
                self.read += 1;
                rows.rejected.push(RejectedRow {
                    number: self.read,
                    line: Some(set_aside.line),
                    field: set_aside.column,
                    reason: set_aside.reason,
                });
            }
            let Some(line) = line else { break };
            self.read += 1;
            rows.numbers.push(self.read);
            rows.lines.push(line);
            rows.bytes += record.as_slice().len();
            rows.records.push(record);
        }
        if rows.records.is_empty() && rows.rejected.is_empty() {
            return Ok(None);
        }
        self.block(rows).map(Some)
    }

    fn block(&mut self, rows: ReadRows) -> Result<Block> {
        let ReadRows { records, numbers, lines, mut rejected, .. } = rows;
        let mut faults: BTreeMap<usize, (String, String)> = BTreeMap::new();
        let cells = |position: usize| records.iter().map(move |record| record.get(position).unwrap_or_default());
        let mut columns = Vec::with_capacity(self.names.len());
        for (index, (name, reader)) in self.names.iter().zip(&self.readers).enumerate() {
            let position = self.positions.features[index];
            let (values, wrong) = reader.read(cells(position));
            let spelled = FeatureReader::spelled_missing(&values, cells(position));
            self.spelled_missing[index] += spelled - (wrong.len() as u64).min(spelled);
            wrong.into_iter().for_each(|(row, reason)| {
                faults.entry(row).or_insert_with(|| (name.clone(), reason));
            });
            columns.push(Column { name: name.clone(), values });
        }
        let table = Table::new(columns).context("cannot put rows into columns")?;
        let accepted: Vec<usize> = (0..records.len()).filter(|row| !faults.contains_key(row)).collect();
        rejected.extend(faults.into_iter().map(|(row, (field, reason))| RejectedRow {
            number: numbers[row],
            line: Some(lines[row]),
            field: Some(field),
            reason,
        }));
        rejected.sort_by_key(|row| row.number);
        let id = |position: usize| {
            accepted.iter().map(|row| records[*row].get(position).map(|cell| cell.trim().to_owned())).collect()
        };
        Ok(Block {
            ids: self.positions.id.map(id),
            table: if accepted.len() == records.len() { table } else { table.select(&accepted) },
            numbers: accepted.iter().map(|row| numbers[*row]).collect(),
            rejected,
            position: self.records.progress().0,
        })
    }
}

fn missing(column: &str, count: u64) -> Note {
    Note {
        level: Level::Info,
        code: NoteCode::Missing,
        column: Some(column.to_owned()),
        count,
        what: format!("{count} cells such as `NA` or `-` count as missing"),
        way_out: String::new(),
    }
}
