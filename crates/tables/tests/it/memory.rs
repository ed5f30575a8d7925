//! A table in memory, for tests of columns.

use plumb_tables::{
    Block, ColumnPlan, ColumnReading, ColumnValues, Error, FilePlan, Note, NoteCode, ReadingPlan, ReadingReport,
    Record, RecordSource, Records, SetAside, TableReader,
};

/// Named columns of cells.
#[derive(Clone)]
pub(crate) struct Memory {
    names: Vec<String>,
    rows: Vec<Vec<String>>,
    plan: FilePlan,
}

struct MemoryRecords {
    memory: Memory,
    next: usize,
}

impl Memory {
    /// Returns the table of these columns, separated as if by `separator`.
    pub(crate) fn new(columns: &[(&str, Vec<String>)], separator: char) -> Memory {
        let rows = columns.first().map_or(0, |(_, cells)| cells.len());
        Memory {
            names: columns.iter().map(|(name, _)| (*name).to_owned()).collect(),
            rows: (0..rows).map(|row| columns.iter().map(|(_, cells)| cells[row].clone()).collect()).collect(),
            plan: FilePlan { separator: Some(separator), ..FilePlan::default() },
        }
    }
}

impl RecordSource for Memory {
    fn name(&self) -> &str {
        "memory"
    }

    fn open(&self) -> Result<Box<dyn Records + Send>, Error> {
        Ok(Box::new(MemoryRecords { memory: self.clone(), next: 0 }))
    }

    fn plan(&self) -> &FilePlan {
        &self.plan
    }

    fn notes(&self) -> &[Note] {
        &[]
    }
}

impl Records for MemoryRecords {
    fn names(&self) -> &[String] {
        &self.memory.names
    }

    fn next(&mut self, record: &mut Record) -> Result<Option<u64>, Error> {
        let Some(row) = self.memory.rows.get(self.next) else { return Ok(None) };
        record.clear();
        row.iter().for_each(|cell| record.push_field(cell));
        self.next += 1;
        // The header is line 1.
        Ok(Some(self.next as u64 + 1))
    }

    fn take_set_aside(&mut self) -> Vec<SetAside> {
        Vec::new()
    }

    fn progress(&self) -> (u64, u64) {
        (self.next as u64, self.memory.rows.len() as u64)
    }
}

/// A table that was read whole.
pub(crate) struct Whole {
    pub(crate) lines: Vec<u64>,
    pub(crate) plans: Vec<ColumnPlan>,
    pub(crate) columns: Vec<Vec<Value>>,
    pub(crate) report: ReadingReport,
}

/// A value; NaN and its like are `Missing`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Number(f64),
    Flag(bool),
    /// Seconds since 1970.
    At(i64),
    Text(String),
    Missing,
}

/// Reads a table, in blocks of 7 rows.
pub(crate) fn read_by(memory: Memory, plan: &ReadingPlan) -> Result<Whole, Error> {
    let mut reader = TableReader::open(Box::new(memory), plan)?;
    let plans: Vec<ColumnPlan> = reader.columns().into_iter().cloned().collect();
    let (mut lines, mut columns) = (Vec::new(), vec![Vec::new(); plans.len()]);
    while let Some(Block { lines: block_lines, columns: block_columns }) = reader.next_block(7)? {
        lines.extend(block_lines);
        for (column, values) in columns.iter_mut().zip(&block_columns) {
            column.extend(values_of(values));
        }
    }
    Ok(Whole { lines, plans, columns, report: reader.report() })
}

fn values_of(values: &ColumnValues) -> Vec<Value> {
    let or_missing = |is_missing: bool, value: Value| if is_missing { Value::Missing } else { value };
    match values {
        ColumnValues::Number(values) => {
            values.iter().map(|value| or_missing(value.is_nan(), Value::Number(*value))).collect()
        }
        ColumnValues::Flag(values) => {
            values.iter().map(|value| or_missing(value.is_nan(), Value::Flag(*value != 0.0))).collect()
        }
        ColumnValues::Timestamp(values) => {
            values.iter().map(|value| or_missing(*value == i64::MIN, Value::At(value.div_euclid(1_000_000)))).collect()
        }
        ColumnValues::Text(texts) => {
            texts.iter().map(|text| text.map_or(Value::Missing, |text| Value::Text(text.to_owned()))).collect()
        }
    }
}

impl Whole {
    /// Returns all that was said.
    pub(crate) fn said(&self) -> String {
        self.report.lines().join("\n")
    }

    /// Returns how a column is read.
    pub(crate) fn reading(&self, name: &str) -> &ColumnReading {
        &self.report.plan.columns.iter().find(|plan| plan.name == name).expect("a column of this name").reading
    }

    /// Returns the values of a column.
    pub(crate) fn values(&self, name: &str) -> &[Value] {
        let place = self.plans.iter().position(|plan| plan.name == name).expect("a column with values");
        &self.columns[place]
    }

    /// Returns a note on a column.
    pub(crate) fn note(&self, name: &str, code: NoteCode) -> Option<&Note> {
        self.report.notes.iter().find(|note| note.code == code && note.column.as_deref() == Some(name))
    }
}
