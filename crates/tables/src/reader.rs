//! Reads a table by its plan: blocks of typed columns, and the report in the end.

use std::collections::BTreeMap;

use crate::block::{Block, ColumnValues, Texts};
use crate::columns::{Decoder, detect_columns, missing_note, unreadable_note};
use crate::error::Error;
use crate::plan::{ColumnPlan, ColumnReading, ReadingPlan};
use crate::records::{Record, RecordSource, Records};
use crate::report::{Note, ReadingReport, SET_ASIDE_LISTED_MAX, SetAside};

/// Unreadable cells of a column that are kept as examples.
const EXAMPLES_MAX: usize = 3;

/// A table that is being read.
pub struct TableReader {
    source: Box<dyn RecordSource>,
    records: Box<dyn Records + Send>,
    plan: ReadingPlan,
    notes: Vec<Note>,
    columns: Vec<ColumnState>,
    /// Records that are read again and again.
    buffer: Vec<Record>,
    rows_read: u64,
    rows_set_aside: u64,
    rows_lost: u64,
    set_aside: Vec<SetAside>,
    /// The rows set aside since the last call of [`TableReader::take_set_aside`].
    new_set_aside: Vec<SetAside>,
}

/// One column that is not ignored.
struct ColumnState {
    /// Its place in a record.
    place: usize,
    name: String,
    decoder: Decoder,
    kind: &'static str,
    /// Whether a plan fixed it, so that a cell that does not fit is an error.
    is_fixed: bool,
    unreadable: u64,
    examples: Vec<(u64, String)>,
}

impl TableReader {
    /// Finds out how each column is read, as far as `plan` leaves it open, and starts at the first row.
    /// With a plan that names every column the file is read once, and a cell that does not fit is an error;
    /// columns that were found out have had all their cells seen: a few that do not fit set their rows aside.
    pub fn open(source: Box<dyn RecordSource>, plan: &ReadingPlan) -> Result<TableReader, Error> {
        let (columns, mut notes) = detect_columns(source.as_ref(), &plan.columns)?;
        notes.splice(0..0, source.notes().iter().cloned());
        let records = source.open()?;
        let is_fixed = |name: &str| plan.columns.iter().any(|column| column.name == name);
        let states = columns.iter().enumerate().filter_map(|(place, column)| {
            let kind = kind_of(&column.reading)?;
            Some(ColumnState {
                place,
                name: column.name.clone(),
                decoder: Decoder::new(column),
                kind,
                is_fixed: is_fixed(&column.name),
                unreadable: 0,
                examples: Vec::new(),
            })
        });
        Ok(TableReader {
            columns: states.collect(),
            plan: ReadingPlan { file: source.plan().clone(), columns },
            source,
            records,
            notes,
            buffer: Vec::new(),
            rows_read: 0,
            rows_set_aside: 0,
            rows_lost: 0,
            set_aside: Vec::new(),
            new_set_aside: Vec::new(),
        })
    }

    /// Has cells that do not fit a fixed column set their rows aside instead of ending the reading: for rows to score.
    pub fn set_misfits_aside(&mut self) {
        self.columns.iter_mut().for_each(|column| column.is_fixed = false);
    }

    /// Returns the columns that blocks have, in order: those of the plan that are not ignored.
    pub fn columns(&self) -> Vec<&ColumnPlan> {
        let is_read = |column: &&ColumnPlan| !matches!(column.reading, ColumnReading::Ignored { .. });
        self.plan.columns.iter().filter(is_read).collect()
    }

    /// Returns how it is read.
    pub fn plan(&self) -> &ReadingPlan {
        &self.plan
    }

    /// Returns what was found out so far.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// Reads at most so many rows; `None` at the end. A block may have fewer rows, and none, where rows are set aside.
    pub fn next_block(&mut self, rows_max: usize) -> Result<Option<Block>, Error> {
        let mut lines = Vec::with_capacity(rows_max.min(1 << 16));
        while lines.len() < rows_max {
            let row = lines.len();
            if self.buffer.len() == row {
                self.buffer.push(Record::new());
            }
            match self.records.next(&mut self.buffer[row])? {
                Some(line) => lines.push(line),
                None => break,
            }
        }
        for record in self.records.take_set_aside() {
            self.keep_aside(record);
        }
        if lines.is_empty() {
            return Ok(None);
        }
        let mut faults: BTreeMap<usize, SetAside> = BTreeMap::new();
        let mut columns = Vec::with_capacity(self.columns.len());
        for column in &mut self.columns {
            let cells = self.buffer[..lines.len()].iter().map(|record| record.get(column.place).unwrap_or_default());
            let mut wrong: Vec<(usize, String)> = Vec::new();
            let values = column.decoder.decode(cells, |row, cell| wrong.push((row, cell.to_owned())));
            if let (true, Some((row, cell))) = (column.is_fixed, wrong.first()) {
                return Err(misfit(self.source.name(), column, lines[*row], cell));
            }
            for (row, cell) in wrong {
                column.unreadable += 1;
                if column.examples.len() < EXAMPLES_MAX {
                    column.examples.push((lines[row], cell.clone()));
                }
                faults.entry(row).or_insert_with(|| SetAside {
                    line: lines[row],
                    column: Some(column.name.clone()),
                    reason: format!("`{}` is no {}", shortened(&cell), column.kind),
                    is_row: true,
                });
            }
            columns.extend(values);
        }
        if !faults.is_empty() {
            let is_kept = |row: usize| !faults.contains_key(&row);
            columns = columns.into_iter().map(|values| without(values, &is_kept)).collect();
            lines = lines.iter().enumerate().filter(|(row, _)| is_kept(*row)).map(|(_, line)| *line).collect();
            faults.into_values().for_each(|fault| self.keep_aside(fault));
        }
        self.rows_read += lines.len() as u64;
        Ok(Some(Block { lines, columns }))
    }

    /// Returns the records that were set aside since the last call, rows and others.
    pub fn take_set_aside(&mut self) -> Vec<SetAside> {
        std::mem::take(&mut self.new_set_aside)
    }

    /// Returns how far the file is read, and its length, in one unit.
    pub fn progress(&self) -> (u64, u64) {
        self.records.progress()
    }

    /// Returns what became of the rows and cells, once all blocks are read.
    pub fn report(self) -> ReadingReport {
        let mut notes = self.notes;
        for column in &self.columns {
            notes.extend(missing_note(&column.name, column.decoder.missing()));
            if column.unreadable > 0 {
                notes.push(unreadable_note(&column.name, column.kind, column.unreadable, &column.examples));
            }
        }
        // The gravest first; within a level in the order of the file.
        notes.sort_by_key(|note| std::cmp::Reverse(note.level));
        ReadingReport {
            file: self.source.name().to_owned(),
            plan: self.plan,
            rows_read: self.rows_read,
            rows_set_aside: self.rows_set_aside,
            rows_lost: self.rows_lost,
            set_aside: self.set_aside,
            notes,
        }
    }

    fn keep_aside(&mut self, record: SetAside) {
        self.rows_set_aside += 1;
        self.rows_lost += u64::from(record.is_row);
        if self.set_aside.len() < SET_ASIDE_LISTED_MAX {
            self.set_aside.push(record.clone());
        }
        if self.new_set_aside.len() < SET_ASIDE_LISTED_MAX {
            self.new_set_aside.push(record);
        }
    }
}

fn kind_of(reading: &ColumnReading) -> Option<&'static str> {
    match reading {
        ColumnReading::Number(_) => Some("number"),
        ColumnReading::Flag { .. } => Some("yes or no"),
        ColumnReading::Timestamp { .. } => Some("date"),
        ColumnReading::Category => Some("word"),
        ColumnReading::Identifier => Some("identifier"),
        ColumnReading::Text => Some("text"),
        ColumnReading::Ignored { .. } => None,
    }
}

fn misfit(file: &str, column: &ColumnState, line: u64, cell: &str) -> Error {
    Error::Plan {
        name: file.to_owned(),
        place: format!("line {line}, column `{}`", column.name),
        problem: format!(
            "`{}` is no {} as the plan fixes it: mend the cell, name it in `missing` if it means missing, or take the column out \
             of the plan to have it found out again",
            shortened(cell),
            column.kind
        ),
    }
}

fn shortened(cell: &str) -> String {
    let shown: String =
        cell.trim().chars().take(40).map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    if cell.trim().chars().nth(40).is_some() { shown + "…" } else { shown }
}

/// Returns the values of the rows that are kept.
fn without(values: ColumnValues, is_kept: &impl Fn(usize) -> bool) -> ColumnValues {
    fn kept<T: Copy>(values: &[T], is_kept: &impl Fn(usize) -> bool) -> Vec<T> {
        values.iter().enumerate().filter(|(row, _)| is_kept(*row)).map(|(_, value)| *value).collect()
    }
    match values {
        ColumnValues::Number(values) => ColumnValues::Number(kept(&values, is_kept)),
        ColumnValues::Flag(values) => ColumnValues::Flag(kept(&values, is_kept)),
        ColumnValues::Timestamp(values) => ColumnValues::Timestamp(kept(&values, is_kept)),
        ColumnValues::Text(texts) => {
            let mut kept = Texts::default();
            texts.iter().enumerate().filter(|(row, _)| is_kept(*row)).for_each(|(_, text)| kept.push(text));
            ColumnValues::Text(kept)
        }
    }
}
