//! Rows out of records.

use std::collections::BTreeMap;

use crate::cell::Cell;
use crate::error::Error;
use crate::hubspot::layout::{Layout, MERGED_AT, MERGED_IDS};
use crate::hubspot::records::Record;
use crate::json_text::{cell, text_of};
use crate::sink::Sink;
use crate::stream::Row;

/// Gives the rows of one object to a sink.
pub(crate) struct Writer<'a> {
    layout: &'a Layout,
    pub(crate) sink: &'a mut dyn Sink,
    /// How many rows each stream has got.
    numbers: BTreeMap<String, u64>,
    /// How many values of a property had the time of another one.
    same_times: u64,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(layout: &'a Layout, sink: &'a mut dyn Sink) -> Writer<'a> {
        Writer { layout, sink, numbers: BTreeMap::new(), same_times: 0 }
    }

    /// Gives a record, its history, and what it has taken over.
    pub(crate) fn record(&mut self, record: &Record) -> Result<(), Error> {
        let layout = self.layout;
        let mut cells = vec![Cell::Text(record.id.clone())];
        cells.extend(layout.properties.iter().map(|name| cell(record.property(name))));
        cells.push(cell(record.archived_at.clone().filter(|_| record.archived)));
        self.row(&layout.stream, cells, record.archived)?;
        self.history(record)?;
        if layout.has_merges() { self.merges(record) } else { Ok(()) }
    }

    /// Gives a row of another stream of the object.
    pub(crate) fn other_row(&mut self, stream: &str, cells: Vec<Cell>) -> Result<(), Error> {
        self.row(stream, cells, false)
    }

    /// Tells how far it is.
    pub(crate) fn tell(&mut self) {
        let rows = self.numbers.get(&self.layout.stream).copied().unwrap_or_default();
        self.sink.progress(&format!("{}: {rows} rows", self.layout.stream));
    }

    /// Says how many values are of the same time as a later one, which takes their place.
    pub(crate) fn say_same_times(&mut self) {
        if self.same_times > 0 {
            let what = "values that were replaced within the same millisecond, and have no row".to_owned();
            self.sink.note(
                &self.layout.history_stream(),
                None,
                self.same_times,
                what,
                "nothing is to be done: no moment had them".into(),
            );
        }
    }

    fn row(&mut self, stream: &str, cells: Vec<Cell>, is_deleted: bool) -> Result<(), Error> {
        let number = self.numbers.entry(stream.to_owned()).or_default();
        *number += 1;
        let row = Row { is_deleted, ..Row::new(*number, cells) };
        self.sink.row(stream, row)
    }

    /// Gives the values that the record's properties have had. HubSpot writes the newest first; of two of the same time the
    /// newer one counts.
    fn history(&mut self, record: &Record) -> Result<(), Error> {
        let stream = self.layout.history_stream();
        for (property, versions) in record.properties_with_history.iter().flatten() {
            let mut last = None;
            for version in versions {
                if last == Some(&version.timestamp) {
                    self.same_times += 1;
                    continue;
                }
                last = Some(&version.timestamp);
                let cells = vec![
                    Cell::Text(record.id.clone()),
                    Cell::Text(property.clone()),
                    Cell::Text(version.timestamp.clone()),
                    cell(version.value.as_deref().and_then(text_of)),
                    cell(version.source_type.clone()),
                    cell(version.source_id.clone()),
                ];
                self.row(&stream, cells, false)?;
            }
        }
        Ok(())
    }

    /// Gives what the record has taken over: a row for each, and its own row counts as deleted. Its history stays.
    fn merges(&mut self, record: &Record) -> Result<(), Error> {
        let layout = self.layout;
        for (merged, at) in merged_ids(record) {
            let cells = vec![Cell::Text(record.id.clone()), Cell::Text(merged.clone()), cell(at)];
            self.row(&layout.merges(), cells, false)?;
            let mut gone = vec![Cell::Null; layout.properties.len() + 2];
            gone[0] = Cell::Text(merged);
            self.row(&layout.stream, gone, true)?;
        }
        Ok(())
    }
}

/// Returns the ids of the records that one has taken over, with the times of the merges where HubSpot tells them.
fn merged_ids(record: &Record) -> BTreeMap<String, Option<String>> {
    let mut merged = BTreeMap::new();
    for id in record.property(MERGED_IDS).iter().flat_map(|ids| ids.split(';')) {
        merged.insert(id.trim().to_owned(), None);
    }
    for pair in record.property(MERGED_AT).iter().flat_map(|pairs| pairs.split(';')) {
        let (id, at) = pair.split_once(':').unwrap_or((pair, ""));
        merged.insert(id.trim().to_owned(), Some(at.trim().to_owned()));
    }
    merged.remove("");
    merged.remove(&record.id);
    merged
}
