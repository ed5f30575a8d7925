//! Where the rows of a connector go: into the raw tables of its source.

use std::collections::BTreeMap;

use plumb_connectors::{Cell, CellKind, Checkpoint, Column, Error as ConnectorError, Row, Sink, Stream};
use plumb_tables::{Level, Note, NoteCode};

use super::source_pull::SourcePull;
use crate::error::Error;
use crate::files::limits::REJECTED_ROWS_MAX;
use crate::raw::{RawTable, RejectedRow};

/// Rows between two messages of progress.
const PROGRESS_ROWS: u64 = 50_000;

/// The raw tables of one source that its connector is writing to.
pub(super) struct RawSink<'p, 'a> {
    pull: &'p mut SourcePull<'a>,
    tables: BTreeMap<String, SinkTable>,
    checkpoint: Option<Checkpoint>,
    /// What of ours went wrong: it is not the connector's error, and comes out as it is.
    failure: Option<Error>,
}

/// One table, and how a row of its stream becomes one of its own.
struct SinkTable {
    table: RawTable,
    /// The stream's columns, in the order in which rows have their cells.
    columns: Vec<Column>,
    /// The position of each in the table.
    positions: Vec<usize>,
    /// The positions of the key's columns in the stream.
    key: Vec<usize>,
    /// `crm.leads`, which begins the origin of its rows.
    name: String,
}

impl<'p, 'a> RawSink<'p, 'a> {
    pub(super) fn new(pull: &'p mut SourcePull<'a>) -> RawSink<'p, 'a> {
        RawSink { pull, tables: BTreeMap::new(), checkpoint: None, failure: None }
    }

    /// Writes what is left, and makes rows and checkpoint part of the state.
    pub(super) fn finish(mut self) -> Result<(), Error> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        for (_, SinkTable { table, .. }) in std::mem::take(&mut self.tables) {
            self.pull.note_rounded_keys(&table);
            self.pull.report.rows_deleted += table.rows_deleted;
            self.pull.report.rows_new += table.finish(self.pull.state)?;
        }
        if let Some(checkpoint) = self.checkpoint {
            self.pull.state.checkpoints.insert(self.pull.name.to_owned(), checkpoint);
        }
        Ok(())
    }

    /// Returns the error of a connector, or our own that made it stop.
    pub(super) fn error(&mut self, error: ConnectorError) -> Error {
        self.failure.take().unwrap_or_else(|| {
            let cause = std::error::Error::source(&error).map_or_else(String::new, |cause| format!(": {cause}"));
            self.pull.error(format!("{}{cause}", error.what), &error.way_out)
        })
    }

    fn table(&mut self, stream: &str) -> Result<&mut SinkTable, ConnectorError> {
        let unknown = || ConnectorError::new(format!("rows of `{stream}` before its columns"), "report this as a bug");
        self.tables.get_mut(stream).ok_or_else(unknown)
    }

    /// Keeps an error of ours, and tells the connector to stop.
    fn keep<T>(&mut self, result: Result<T, Error>) -> Result<T, ConnectorError> {
        result.map_err(|error| {
            let stop = ConnectorError::new(error.to_string(), "");
            self.failure = Some(error);
            stop
        })
    }

    fn open(&mut self, stream: &Stream) -> Result<SinkTable, Error> {
        let key = self.pull.source.key.get(&stream.name).unwrap_or(&stream.key).clone();
        let columns = stream.columns.iter().map(|column| (column.name.clone(), column.kind)).collect();
        let pull = &mut self.pull;
        let table = RawTable::open(pull.name, &stream.name, columns, key, pull.raw_folder, pull.state)?;
        for column in table.widened() {
            let what = "it holds text from now on; its earlier values are read as text".to_owned();
            let way_out = "if sources/*.sql calculates with it, cast it there".to_owned();
            pull.note(&stream.name, Some(column), 1, what, way_out);
        }
        let name = format!("{}.{}", pull.name, stream.name);
        Ok(SinkTable { table, columns: Vec::new(), positions: Vec::new(), key: Vec::new(), name })
    }
}

impl SinkTable {
    /// Takes the stream's columns as they are from now on; the table gets those that it lacks.
    fn set_columns(&mut self, columns: &[Column]) -> Result<(), Error> {
        let table = &mut self.table;
        let position = |column: &Column| match table.columns().iter().position(|(known, _)| *known == column.name) {
            Some(position) => Ok(position),
            None => table.add_column(&column.name, column.kind),
        };
        self.positions = columns.iter().map(position).collect::<Result<_, Error>>()?;
        let key = self.table.key().iter();
        self.key = key.filter_map(|key| columns.iter().position(|column| column.name == *key)).collect();
        self.columns = columns.to_vec();
        Ok(())
    }

    fn push(&mut self, row: Row) -> Result<(), Error> {
        let origin = self.origin(&row);
        let mut cells = vec![Cell::Null; self.table.columns().len()];
        for (position, cell) in self.positions.iter().zip(row.cells) {
            cells[*position] = cell;
        }
        match row.is_deleted {
            true => self.table.push_deleted(cells, origin, row.heard_at),
            false => self.table.push_heard(cells, origin, row.heard_at),
        }
    }

    /// Returns where a row came from: by its key, which stays the same from run to run, or else by its number.
    fn origin(&self, row: &Row) -> String {
        let key: Vec<String> = self.key.iter().filter_map(|key| row.cells.get(*key)).map(Cell::to_string).collect();
        let name = &self.name;
        if key.is_empty() { format!("{name}:{}", row.number) } else { format!("{name}:{}", key.join("/")) }
    }
}

impl Sink for RawSink<'_, '_> {
    fn begin(&mut self, stream: &Stream) -> Result<(), ConnectorError> {
        let known = self.tables.remove(&stream.name);
        let table = match known {
            Some(table) => Ok(table),
            None => self.open(stream),
        };
        let table = table.and_then(|mut table| table.set_columns(&stream.columns).map(|()| table));
        let mut table = self.keep(table)?;
        if stream.is_whole {
            table.table.count_heard();
            self.pull.state.forget_rejected(&table.name, 0);
        }
        self.tables.insert(stream.name.clone(), table);
        Ok(())
    }

    fn row(&mut self, stream: &str, row: Row) -> Result<(), ConnectorError> {
        self.pull.report.rows_read += 1;
        if self.pull.report.rows_read.is_multiple_of(PROGRESS_ROWS) {
            let rows = self.pull.report.rows_read;
            (self.pull.progress)(&format!("reading {}: {rows} rows, now of {stream}", self.pull.name));
        }
        let pushed = self.table(stream)?.push(row);
        self.keep(pushed)
    }

    fn heard(&mut self, stream: &str, key: &[Cell]) -> Result<(), ConnectorError> {
        self.table(stream)?.table.hear(key);
        Ok(())
    }

    fn reject(&mut self, stream: &str, number: u64, column: &str, reason: String) -> Result<(), ConnectorError> {
        self.pull.report.rows_read += 1;
        let file = format!("{}.{stream}", self.pull.name);
        let row = RejectedRow { file, line: number, field: column.to_owned(), reason };
        let is_too_many = self.pull.rejected.len() >= REJECTED_ROWS_MAX;
        self.pull.rejected.push(row);
        let problem = || format!("more than {REJECTED_ROWS_MAX} of its rows cannot be read");
        let way_out = "mend them, or leave the table out by `tables` in plumb.toml";
        if is_too_many { Err(ConnectorError::new(problem(), way_out)) } else { Ok(()) }
    }

    fn rows_known(&self, stream: &str) -> Option<u64> {
        self.tables.get(stream)?.table.rows_known()
    }

    fn kind_known(&self, stream: &str, column: &str) -> Option<CellKind> {
        let table = self.pull.state.tables.get(&format!("{}.{stream}", self.pull.name))?;
        table.columns.iter().find(|(known, _)| known == column).map(|(_, kind)| *kind)
    }

    fn delete_unheard(&mut self, stream: &str) -> Result<(), ConnectorError> {
        let table = self.table(stream)?;
        let deleted = table.table.delete_unheard(&table.name);
        self.keep(deleted)
    }

    fn checkpoint(&mut self, checkpoint: Checkpoint) -> Result<(), ConnectorError> {
        self.checkpoint = Some(checkpoint);
        Ok(())
    }

    fn note(&mut self, stream: &str, column: Option<&str>, count: u64, what: String, way_out: String) {
        self.pull.note(stream, column, count, what, way_out);
    }

    fn progress(&mut self, what: &str) {
        (self.pull.progress)(&format!("reading {}: {what}", self.pull.name));
    }
}

impl SourcePull<'_> {
    /// Notes something that somebody should know of a stream; the empty name is the whole source.
    fn note(&mut self, stream: &str, column: Option<&str>, count: u64, what: String, way_out: String) {
        let level = if way_out.is_empty() { Level::Info } else { Level::Warning };
        let column = column.map(str::to_owned);
        let note = Note { level, code: NoteCode::Connector, column, count, what, way_out };
        let place = if stream.is_empty() { self.name.to_owned() } else { format!("{}.{stream}", self.name) };
        self.add_notes(&place, &[note]);
    }
}
