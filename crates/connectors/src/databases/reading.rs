//! A table that is being read: values into rows of the sink, and a count of all that was not as it should be.

use std::collections::BTreeMap;

use super::cells::{FAR, INFINITY, Misfit, NAN, ZERO_DATE, cell};
use super::table::{Table, TableColumn, Value};
use crate::cell::{Cell, CellKind};
use crate::error::Error;
use crate::sink::Sink;
use crate::stream::{Column, Row, Stream};

/// Rows between two words of progress.
const PROGRESS_ROWS: u64 = 10_000;

/// How a table is read.
pub(super) struct Reading<'a> {
    pub(super) table: &'a Table,
    pub(super) columns: Vec<TableColumn>,
    pub(super) kinds: Vec<CellKind>,
    pub(super) key: Vec<String>,
    /// The row that was read last, from 1.
    pub(super) number: u64,
    /// The column of it that was looked at last.
    pub(super) column: usize,
    /// Rows whose key cannot be read.
    keys_unreadable: u64,
    /// How often a column had a value that is missing now.
    untold: BTreeMap<(usize, &'static str), u64>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(
        table: &'a Table,
        columns: Vec<TableColumn>,
        kinds: Vec<CellKind>,
        key: Vec<String>,
    ) -> Reading<'a> {
        let untold = BTreeMap::new();
        Reading { table, columns, kinds, key, number: 0, column: 0, keys_unreadable: 0, untold }
    }

    /// Begins the stream, or begins it again.
    pub(super) fn begin(&mut self, is_whole: bool, sink: &mut dyn Sink) -> Result<(), Error> {
        (self.number, self.column, self.keys_unreadable) = (0, 0, 0);
        self.untold.clear();
        let columns = self.columns.iter().zip(&self.kinds);
        sink.begin(&Stream {
            name: self.table.stream.clone(),
            columns: columns.map(|(column, kind)| Column { name: column.name.clone(), kind: *kind }).collect(),
            key: self.key.clone(),
            is_whole,
        })
    }

    /// Takes the values of a row.
    pub(super) fn row(&mut self, values: Vec<Value>, sink: &mut dyn Sink) -> Result<(), Error> {
        self.number += 1;
        let stream = &self.table.stream;
        let mut cells = Vec::with_capacity(values.len());
        let mut rejected: Option<(usize, String)> = None;
        for (index, value) in values.into_iter().enumerate() {
            self.column = index;
            cells.push(match cell(value, self.columns[index].wire, self.kinds[index]) {
                Ok(cell) => Some(cell),
                Err(Misfit::Untold(what)) => {
                    *self.untold.entry((index, what)).or_default() += 1;
                    Some(Cell::Null)
                }
                Err(Misfit::Reject(reason)) => {
                    rejected.get_or_insert((index, reason));
                    None
                }
            });
        }
        match rejected {
            None => sink.row(stream, Row::new(self.number, cells.into_iter().flatten().collect()))?,
            Some((index, reason)) => {
                sink.reject(stream, self.number, &self.columns[index].name, reason)?;
                // It is there, though it cannot be read.
                match self.key_cells(&cells) {
                    Some(key) if key.is_empty() => {}
                    Some(key) => sink.heard(stream, &key)?,
                    None => self.keys_unreadable += 1,
                }
            }
        }
        if self.number.is_multiple_of(PROGRESS_ROWS) {
            sink.progress(&format!("{stream}: {} rows", self.number));
        }
        Ok(())
    }

    /// Takes the values of a key, in the key's order.
    pub(super) fn heard(&mut self, values: Vec<Value>, sink: &mut dyn Sink) -> Result<(), Error> {
        let positions = self.key_positions();
        let read = |(value, index): (Value, usize)| match cell(value, self.columns[index].wire, self.kinds[index]) {
            Ok(cell) => Some(cell),
            Err(Misfit::Untold(_)) => Some(Cell::Null),
            Err(Misfit::Reject(_)) => None,
        };
        let key: Option<Vec<Cell>> = values.into_iter().zip(positions).map(read).collect();
        match key {
            Some(key) => sink.heard(&self.table.stream, &key),
            None => {
                self.keys_unreadable += 1;
                Ok(())
            }
        }
    }

    /// Returns where the key's columns are.
    pub(super) fn key_positions(&self) -> Vec<usize> {
        let position = |key: &String| self.columns.iter().position(|column| column.name == *key);
        self.key.iter().filter_map(position).collect()
    }

    fn key_cells(&self, cells: &[Option<Cell>]) -> Option<Vec<Cell>> {
        self.key_positions().into_iter().map(|index| cells[index].clone()).collect()
    }

    /// Calls those rows deleted that are not there any more, if all keys were read.
    pub(super) fn delete_unheard(&self, sink: &mut dyn Sink) -> Result<(), Error> {
        if self.key.is_empty() {
            return Ok(());
        }
        if self.keys_unreadable == 0 {
            return sink.delete_unheard(&self.table.stream);
        }
        let what = "rows have a key that cannot be read: no row of the table was called deleted in this run".to_owned();
        let way_out = "see the rejected rows".to_owned();
        sink.note(&self.table.stream, None, self.keys_unreadable, what, way_out);
        Ok(())
    }

    /// Tells what is missing now.
    pub(super) fn tell_untold(&self, sink: &mut dyn Sink) {
        for ((index, untold), count) in &self.untold {
            let what = format!("{untold} was read as no value");
            let way_out = match *untold {
                INFINITY | NAN => "nothing, if no value is what it means; otherwise read a view that says it otherwise",
                ZERO_DATE => "nothing, if no value is what it means; otherwise correct it in the database",
                FAR => "correct it in the database, or read a view that says it otherwise",
                _ => "correct it in the database",
            };
            sink.note(&self.table.stream, Some(&self.columns[*index].name), *count, what, way_out.to_owned());
        }
    }
}
