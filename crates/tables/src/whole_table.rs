//! A whole table in memory: for a data set on someone's desk.

use std::collections::HashMap;

use plumb_lead::{Column, MISSING_LEVEL, Table, Values};

use crate::block::ColumnValues;
use crate::error::Error;
use crate::plan::{ColumnPlan, ColumnReading, ReadingPlan};
use crate::reader::TableReader;
use crate::records::RecordSource;
use crate::report::{Level, Note, NoteCode, ReadingReport};

/// The most rows and cells. In memory a row takes some 150 bytes and a cell 12, beside its text.
const ROWS_MAX: usize = 10_000_000;
const CELLS_MAX: usize = 250_000_000;

/// Rows that are read at a time.
const BLOCK_ROWS: usize = 8_192;

/// A whole table in memory.
#[derive(Debug)]
pub struct WholeTable {
    /// Numbers, flags and words: identifiers and texts are categories here, which `columns` tells apart.
    pub table: Table,
    /// Points in time by column, in microseconds since 1970 in UTC; `i64::MIN` is missing. They are not in `table`.
    pub timestamps: Vec<(String, Vec<i64>)>,
    /// How each column was read, also those that are left out.
    pub columns: Vec<ColumnPlan>,
    /// The line at which each row begins.
    pub lines: Vec<u64>,
    /// What became of rows and cells.
    pub report: ReadingReport,
}

/// Values of a column that grow.
enum Growing {
    Number { values: Vec<f32>, too_large: u64 },
    Flag(Vec<f32>),
    Timestamp(Vec<i64>),
    Text { codes: Vec<u32>, levels: Vec<String>, known: HashMap<String, u32> },
}

/// Reads a whole table. More rows set aside than `lost_percent_max` are an error, and so is a table without rows.
pub fn read_table(
    source: Box<dyn RecordSource>,
    plan: &ReadingPlan,
    lost_percent_max: f64,
) -> Result<WholeTable, Error> {
    let file = source.name().to_owned();
    let mut reader = TableReader::open(source, plan)?;
    let columns: Vec<ColumnPlan> = reader.columns().into_iter().cloned().collect();
    let mut growing: Vec<Growing> = columns.iter().map(|column| Growing::new(&column.reading)).collect();
    let mut lines = Vec::new();
    while let Some(block) = reader.next_block(BLOCK_ROWS)? {
        lines.extend(&block.lines);
        let cells = lines.len().saturating_mul(columns.len());
        if lines.len() > ROWS_MAX || cells > CELLS_MAX {
            return Err(Error::Unreadable {
                name: file,
                problem: format!(
                    "has more than {ROWS_MAX} rows or {CELLS_MAX} cells: expected a table that fits into memory; take a sample of \
                     its rows"
                ),
            });
        }
        growing.iter_mut().zip(&block.columns).for_each(|(growing, values)| growing.extend(values));
    }
    let mut report = reader.report();
    let notes = columns.iter().zip(&growing).filter_map(|(column, growing)| growing.too_large_note(&column.name));
    report.notes.splice(0..0, notes);
    report.check_lost(lost_percent_max)?;
    if lines.is_empty() {
        let first = report.set_aside.iter().find(|record| record.is_row);
        let first = first.map_or_else(String::new, |first| format!(" that can be read; {first}"));
        return Err(Error::Unreadable { name: file, problem: format!("has no rows under its header{first}") });
    }
    let all = report.plan.columns.clone();
    let (mut table, mut timestamps) = (Vec::new(), Vec::new());
    for (column, growing) in columns.iter().zip(growing) {
        match growing.values() {
            Ok(values) => table.push(Column { name: column.name.clone(), values }),
            Err(moments) => timestamps.push((column.name.clone(), moments)),
        }
    }
    let table = Table::new(table).map_err(|error| Error::Unreadable {
        name: report.file.clone(),
        problem: format!("cannot become a table: {error}"),
    })?;
    Ok(WholeTable { table, timestamps, columns: all, lines, report })
}

impl Growing {
    fn new(reading: &ColumnReading) -> Growing {
        match reading {
            ColumnReading::Number(_) => Growing::Number { values: Vec::new(), too_large: 0 },
            ColumnReading::Flag { .. } => Growing::Flag(Vec::new()),
            ColumnReading::Timestamp { .. } => Growing::Timestamp(Vec::new()),
            _ => Growing::Text { codes: Vec::new(), levels: Vec::new(), known: HashMap::new() },
        }
    }

    fn extend(&mut self, values: &ColumnValues) {
        match (self, values) {
            // A model's numbers have 32 bits; one that is too large for them is missing to it, and not infinite.
            (Growing::Number { values: all, too_large }, ColumnValues::Number(values)) => {
                all.extend(values.iter().map(|value| {
                    let is_too_large = (*value as f32).is_infinite();
                    *too_large += u64::from(is_too_large);
                    if is_too_large { f32::NAN } else { *value as f32 }
                }));
            }
            (Growing::Flag(all), ColumnValues::Flag(values)) => all.extend(values),
            (Growing::Timestamp(all), ColumnValues::Timestamp(values)) => all.extend(values),
            (Growing::Text { codes, levels, known }, ColumnValues::Text(texts)) => {
                codes.extend(texts.iter().map(|text| match text {
                    None => MISSING_LEVEL,
                    Some(text) => known.get(text).copied().unwrap_or_else(|| {
                        levels.push(text.to_owned());
                        let code = levels.len() as u32 - 1;
                        known.insert(text.to_owned(), code);
                        code
                    }),
                }));
            }
            // A block has the kinds of its plan.
            _ => {}
        }
    }

    fn too_large_note(&self, column: &str) -> Option<Note> {
        let Growing::Number { too_large: count @ 1.., .. } = self else { return None };
        Some(Note {
            level: Level::Warning,
            code: NoteCode::Precision,
            column: Some(column.to_owned()),
            count: *count,
            what: format!("{count} numbers are too large for 32 bits, and are taken as missing"),
            way_out: "use a larger unit in the file, such as millions".to_owned(),
        })
    }

    /// Returns the values, or the moments of a column of times.
    fn values(self) -> Result<Values, Vec<i64>> {
        match self {
            Growing::Number { values, .. } => Ok(Values::Number(values)),
            Growing::Flag(values) => Ok(Values::Flag(values)),
            Growing::Text { codes, levels, .. } => Ok(Values::Category { codes, levels }),
            Growing::Timestamp(moments) => Err(moments),
        }
    }
}
