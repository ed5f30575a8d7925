//! Reads a table by its plan: blocks of typed columns, and the report in the end.

use crate::block::{Block, ColumnValues};
use crate::columns::{Decoder, detect_columns, missing_note, quoted, unreadable_note};
use crate::error::Error;
use crate::plan::{ColumnPlan, ColumnReading, ReadingPlan};
use crate::records::{Record, RecordSource, Records};
use crate::report::{Note, NoteCode, ReadingReport, SetAside};
use crate::tally::Tally;

/// From so many cells on, a block is decoded by two threads.
const CELLS_FOR_THREADS: usize = 1 << 14;
/// Rows that are read at once however many are asked for, so that memory is bounded.
const ROWS_AT_ONCE_MAX: usize = 1 << 16;

/// A table that is being read.
pub struct TableReader {
    source: Box<dyn RecordSource>,
    records: Box<dyn Records + Send>,
    plan: ReadingPlan,
    notes: Vec<Note>,
    columns: Vec<Column>,
    read: Vec<Record>,
    tally: Tally,
}

/// A column that has values.
struct Column {
    /// Its place among all columns of the plan.
    place: usize,
    decoder: Decoder,
    /// Whether its plan was fixed, so that a cell that does not fit is an error.
    is_fixed: bool,
    unreadable: u64,
    examples: Vec<(u64, String)>,
}

/// A cell that does not fit its column: row of the block, place among the columns with values, the cell.
type Misfit = (usize, usize, String);

impl TableReader {
    /// Finds out how each column is read, as far as `plan` leaves it open, and starts at the first row.
    /// With a plan that names every column the file is read once, and a cell that does not fit is an error;
    /// columns that were found out have had all their cells seen: a cell of theirs that does not fit sets its row aside.
    pub fn open(source: Box<dyn RecordSource>, plan: &ReadingPlan) -> Result<TableReader, Error> {
        let (columns, mut notes) = detect_columns(source.as_ref(), &plan.columns)?;
        notes.splice(0..0, source.notes().iter().cloned());
        let is_fixed = |column: &ColumnPlan| plan.columns.iter().any(|fixed| fixed.name == column.name);
        let readers = columns
            .iter()
            .enumerate()
            .filter(|(_, column)| !is_ignored(column))
            .map(|(place, column)| Column {
                place,
                decoder: Decoder::new(column),
                is_fixed: is_fixed(column),
                unreadable: 0,
                examples: Vec::new(),
            })
            .collect();
        let plan = ReadingPlan { file: source.plan().clone(), columns };
        let records = source.open()?;
        Ok(TableReader { source, records, plan, notes, columns: readers, read: Vec::new(), tally: Tally::default() })
    }

    /// Has cells that do not fit a fixed column set their rows aside instead of ending the reading: for rows to score.
    pub fn set_misfits_aside(&mut self) {
        self.columns.iter_mut().for_each(|column| column.is_fixed = false);
    }

    /// Returns the columns that blocks have, in order: those of the plan that are not ignored.
    pub fn columns(&self) -> Vec<&ColumnPlan> {
        self.plan.columns.iter().filter(|column| !is_ignored(column)).collect()
    }

    /// Returns how it is read.
    pub fn plan(&self) -> &ReadingPlan {
        &self.plan
    }

    /// Returns what was found out before the rows were read.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// Returns the records that were set aside since the last call, rows and others: at most a thousand.
    pub fn take_set_aside(&mut self) -> Vec<SetAside> {
        self.tally.take_new()
    }

    /// Reads at most so many rows; `None` at the end.
    pub fn next_block(&mut self, rows_max: usize) -> Result<Option<Block>, Error> {
        let rows_max = rows_max.clamp(1, ROWS_AT_ONCE_MAX);
        loop {
            let lines = self.read_records(rows_max)?;
            self.tally.set_aside(self.records.take_set_aside());
            if lines.is_empty() {
                return Ok(None);
            }
            let (mut values, misfits) = decode_all(&mut self.columns, &self.read[..lines.len()]);
            let mut block = Block { lines, columns: Vec::new() };
            if !misfits.is_empty() {
                self.refuse_fixed(&block.lines, &misfits)?;
                self.set_rows_aside(&mut block.lines, &mut values, misfits);
            }
            block.columns = values;
            self.tally.rows_read += block.rows() as u64;
            if block.rows() > 0 {
                return Ok(Some(block));
            }
        }
    }

    /// Returns how far the file is read, and its length, in one unit.
    pub fn progress(&self) -> (u64, u64) {
        self.records.progress()
    }

    /// Returns what became of the rows and cells, once all blocks are read.
    pub fn report(mut self) -> ReadingReport {
        self.tally.set_aside(self.records.take_set_aside());
        // What was counted in the first pass is counted again in the second, without the rows that were set aside.
        let mut notes = self.notes;
        notes.retain(|note| !matches!(note.code, NoteCode::Missing | NoteCode::CellUnreadable));
        for column in &self.columns {
            let plan = &self.plan.columns[column.place];
            notes.extend(missing_note(&plan.name, column.decoder.missing()));
            if column.unreadable > 0 {
                notes.push(unreadable_note(&plan.name, kind_word(&plan.reading), column.unreadable, &column.examples));
            }
        }
        self.tally.report(self.source.name(), self.plan, notes)
    }

    fn read_records(&mut self, rows_max: usize) -> Result<Vec<u64>, Error> {
        let mut lines = Vec::new();
        while lines.len() < rows_max {
            if self.read.len() == lines.len() {
                self.read.push(Record::new());
            }
            match self.records.next(&mut self.read[lines.len()])? {
                Some(line) => lines.push(line),
                None => break,
            }
        }
        Ok(lines)
    }

    /// Refuses the first cell that does not fit a plan that was fixed.
    fn refuse_fixed(&self, lines: &[u64], misfits: &[Misfit]) -> Result<(), Error> {
        match misfits.iter().find(|(_, column, _)| self.columns[*column].is_fixed) {
            Some((row, column, cell)) => {
                let plan = &self.plan.columns[self.columns[*column].place];
                Err(Error::Plan {
                    name: self.source.name().to_owned(),
                    place: format!("line {}, column `{}`", lines[*row], plan.name),
                    problem: format!(
                        "{} is no {}: expected {}; mend the cell, name it in `missing` of the column's plan, or change the plan",
                        quoted(cell),
                        kind_word(&plan.reading),
                        plan.reading.rule()
                    ),
                })
            }
            None => Ok(()),
        }
    }

    /// Takes rows out of a block, and tells each once.
    fn set_rows_aside(&mut self, lines: &mut Vec<u64>, values: &mut [ColumnValues], misfits: Vec<Misfit>) {
        let mut is_out = vec![false; lines.len()];
        for (row, place, cell) in misfits {
            let column = &mut self.columns[place];
            let plan = &self.plan.columns[column.place];
            column.unreadable += 1;
            if column.examples.len() < 3 {
                column.examples.push((lines[row], cell.clone()));
            }
            if !std::mem::replace(&mut is_out[row], true) {
                let reason = format!("{} is no {}", quoted(&cell), kind_word(&plan.reading));
                let column = Some(plan.name.clone());
                self.tally.set_aside(vec![SetAside { line: lines[row], column, reason, is_row: true }]);
            }
        }
        for column in values {
            column.retain(|row| !is_out[row]);
        }
        let mut row = 0;
        lines.retain(|_| {
            row += 1;
            !is_out[row - 1]
        });
    }
}

fn is_ignored(column: &ColumnPlan) -> bool {
    matches!(column.reading, ColumnReading::Ignored { .. })
}

fn kind_word(reading: &ColumnReading) -> &'static str {
    match reading {
        ColumnReading::Number(_) => "number",
        ColumnReading::Flag { .. } => "yes or no",
        ColumnReading::Timestamp { .. } => "date",
        _ => "word",
    }
}

/// Decodes all columns of some records; returns what does not fit, in the order of rows.
fn decode_all(columns: &mut [Column], records: &[Record]) -> (Vec<ColumnValues>, Vec<Misfit>) {
    let half = if columns.len() * records.len() < CELLS_FOR_THREADS { columns.len() } else { columns.len() / 2 };
    let (first, second) = columns.split_at_mut(half);
    let ((mut values, mut misfits), (more_values, more_misfits)) = if second.is_empty() {
        (decode_some(first, 0, records), (Vec::new(), Vec::new()))
    } else {
        std::thread::scope(|scope| {
            let other = scope.spawn(|| decode_some(second, half, records));
            let own = decode_some(first, 0, records);
            (own, other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        })
    };
    values.extend(more_values);
    misfits.extend(more_misfits);
    misfits.sort_by_key(|(row, column, _)| (*row, *column));
    (values, misfits)
}

fn decode_some(columns: &mut [Column], offset: usize, records: &[Record]) -> (Vec<ColumnValues>, Vec<Misfit>) {
    let mut misfits = Vec::new();
    let decoded = columns.iter_mut().enumerate().filter_map(|(number, column)| {
        let cells = records.iter().map(|record| record.get(column.place).unwrap_or_default());
        column.decoder.decode(cells, |row, cell| misfits.push((row, number + offset, cell.to_owned())))
    });
    let values = decoded.collect();
    (values, misfits)
}
