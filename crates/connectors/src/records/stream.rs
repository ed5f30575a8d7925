//! A stream of records, as it grows: its columns, its rows and the records that are no rows.

use serde_json::value::RawValue;

use crate::cell::Cell;
use crate::error::Error;
use crate::json_fields::FIELDS_MAX;
use crate::records::leaves::{Path, leaves};
use crate::records::names::{Kept, Names};
use crate::records::schema;
use crate::sink::Sink;
use crate::stream::{Column, Row, Stream};

/// A record of a stream.
pub(crate) struct Record<'a> {
    pub(crate) value: &'a RawValue,
    /// Microseconds since 1970.
    pub(crate) heard_at: i64,
    /// The field that has a value if the row was deleted.
    pub(crate) deleted_field: &'a str,
}

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Given {
    Row,
    Rejected,
}

/// A stream, and what was given of it in this run.
#[derive(Debug, Default)]
pub(crate) struct RecordStream {
    name: String,
    names: Names,
    key: Vec<String>,
    /// Whether rows that this run does not name may turn out to be deleted.
    pub(crate) is_whole: bool,
    /// How many columns the sink knows; `None` before the stream has begun.
    columns_begun: Option<usize>,
    records: u64,
    rejected: u64,
}

impl RecordStream {
    /// Returns a stream whose columns have the names that they had in earlier runs.
    pub(crate) fn new(name: &str, kept: Option<&Kept>) -> RecordStream {
        let names = kept.map(Names::new).unwrap_or_default();
        RecordStream { name: name.to_owned(), names, ..RecordStream::default() }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn key(&self) -> &[String] {
        &self.key
    }

    pub(crate) fn has_begun(&self) -> bool {
        self.columns_begun.is_some()
    }

    /// Returns how many records were no rows.
    pub(crate) fn rejected(&self) -> u64 {
        self.rejected
    }

    /// Returns the names of columns that the next run has to know.
    pub(crate) fn kept_names(&self) -> Kept {
        self.names.kept()
    }

    /// Adds the columns that a schema promises. Those that are there stay.
    pub(crate) fn describe(&mut self, schema: &RawValue) {
        let paths = schema::leaves(schema);
        for path in shortest_first(&paths, |path| path) {
            if self.names.columns().len() < FIELDS_MAX {
                self.names.column(path);
            }
        }
    }

    /// Sets the fields that no two rows have in common, by their paths.
    pub(crate) fn set_key(&mut self, key: &[Path]) {
        let columns: Vec<usize> = key.iter().map(|path| self.names.column(path)).collect();
        let names: Vec<&str> = self.names.columns().collect();
        self.key = columns.into_iter().map(|column| names[column].to_owned()).collect();
    }

    /// Sets the columns that no two rows have in common, by their names.
    pub(crate) fn set_key_columns(&mut self, key: &[String]) {
        for name in key {
            if self.names.named(name).is_none() {
                self.names.column(&vec![name.clone()]);
            }
        }
        self.key = key.to_vec();
    }

    /// Begins the stream, or says that it has more columns. One without any column does not begin.
    pub(crate) fn begin(&mut self, sink: &mut dyn Sink) -> Result<(), Error> {
        let columns: Vec<Column> = self.names.columns().map(Column::text).collect();
        if columns.is_empty() || self.columns_begun == Some(columns.len()) {
            return Ok(());
        }
        self.columns_begun = Some(columns.len());
        let stream = Stream { name: self.name.clone(), columns, key: self.key.clone(), is_whole: self.is_whole };
        sink.begin(&stream)
    }

    /// Gives a record to the sink.
    pub(crate) fn record(&mut self, record: &Record, sink: &mut dyn Sink) -> Result<Given, Error> {
        self.records += 1;
        let leaves = match leaves(record.value) {
            Ok(leaves) => leaves,
            Err(reason) => return self.reject("", reason, sink),
        };
        if leaves.is_empty() && self.names.columns().len() == 0 {
            return self.reject("", "it has no fields".into(), sink);
        }
        let unknown = leaves.iter().filter(|(path, _)| self.names.find(path).is_none()).count();
        if self.names.columns().len() + unknown > FIELDS_MAX {
            let reason =
                format!("the stream would have more than {FIELDS_MAX} fields: are values used as names of fields?");
            return self.reject("", reason, sink);
        }
        for (path, _) in shortest_first(&leaves, |(path, _)| path) {
            self.names.column(path);
        }
        let is_deleted = leaves
            .iter()
            .any(|(path, text)| *path == [record.deleted_field] && text.as_ref().is_some_and(|text| !text.is_empty()));
        let mut cells = vec![Cell::Null; self.names.columns().len()];
        for (path, text) in leaves {
            let column = self.names.column(&path);
            cells[column] = text.map_or(Cell::Null, Cell::Text);
        }
        let without =
            self.key.iter().find(|name| self.names.named(name).is_none_or(|column| cells[column] == Cell::Null));
        if let Some(name) = without.cloned() {
            return self.reject(&name, format!("`{name}`, which is part of its key, is missing or null"), sink);
        }
        self.begin(sink)?;
        let row = Row { cells, number: self.records, heard_at: Some(record.heard_at), is_deleted };
        sink.row(&self.name, row)?;
        Ok(Given::Row)
    }

    /// Says that a record of the stream is no row.
    pub(crate) fn reject(&mut self, column: &str, reason: String, sink: &mut dyn Sink) -> Result<Given, Error> {
        self.rejected += 1;
        self.begin(sink)?;
        sink.reject(&self.name, self.records, column, reason)?;
        Ok(Given::Rejected)
    }

    /// Says that a message, which would have been the next record, is no row.
    pub(crate) fn reject_next(&mut self, reason: &str, sink: &mut dyn Sink) -> Result<Given, Error> {
        self.records += 1;
        self.reject("", reason.to_owned(), sink)
    }

    /// Says what somebody should know at the end of a run.
    pub(crate) fn notes(&self, sink: &mut dyn Sink) {
        for (name, path) in self.names.renamed() {
            let what = format!("the field `{}` is in the column `{name}`: its name is another field's", path.join("."));
            sink.note(&self.name, Some(name), 1, what, "use this name in SQL".into());
        }
    }
}

/// Returns paths with those of one name first: a field keeps its own name, whatever others are called once joined.
fn shortest_first<T>(items: &[T], path: impl Fn(&T) -> &Path) -> Vec<&T> {
    let (mut short, long): (Vec<&T>, Vec<&T>) = items.iter().partition(|item| path(item).len() == 1);
    short.extend(long);
    short
}
