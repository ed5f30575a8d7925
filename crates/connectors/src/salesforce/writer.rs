//! Rows out of records.

use std::collections::BTreeMap;

use std::collections::HashSet;

use serde_json::value::RawValue;

use crate::cell::Cell;
use crate::error::Error;
use crate::json_text::{cell, text_of};
use crate::salesforce::layout::Layout;
use crate::sink::Sink;
use crate::stream::Row;

/// A record by its fields.
pub(crate) type Record = BTreeMap<String, Box<RawValue>>;

/// Gives the rows of one object to a sink.
pub(crate) struct Writer<'a> {
    layout: &'a Layout,
    pub(crate) sink: &'a mut dyn Sink,
    rows: u64,
    merges: u64,
    /// The records that were given as deleted, with their cells.
    deleted: HashSet<String>,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(layout: &'a Layout, sink: &'a mut dyn Sink) -> Writer<'a> {
        Writer { layout, sink, rows: 0, merges: 0, deleted: HashSet::new() }
    }

    /// Gives a record, and the merge that took it away if there was one.
    pub(crate) fn record(&mut self, record: &Record) -> Result<(), Error> {
        let layout = self.layout;
        let text = |name: &str| record.get(name).and_then(|value| text_of(value));
        let mut cells = Vec::with_capacity(layout.fields.len());
        for (name, is_id) in layout.fields.iter().zip(&layout.ids) {
            let value = text(name);
            cells.push(cell(if *is_id { value.map(|id| case_safe(&id)) } else { value }));
        }
        let id = text("Id").map(|id| case_safe(&id)).unwrap_or_default();
        let is_deleted = text("IsDeleted").as_deref() == Some("true");
        self.row(cells, is_deleted)?;
        if let Some(master) = text("MasterRecordId") {
            self.merges += 1;
            let cells = vec![Cell::Text(case_safe(&master)), Cell::Text(id.clone()), cell(text(layout.modified))];
            self.sink.row(&layout.merges(), Row::new(self.merges, cells))?;
        }
        if is_deleted {
            self.deleted.insert(id);
        }
        Ok(())
    }

    /// Gives a record of which only the id and that it was deleted is known.
    pub(crate) fn deleted(&mut self, id: &str) -> Result<(), Error> {
        let id = case_safe(id);
        if self.deleted.contains(&id) {
            return Ok(());
        }
        let fields = &self.layout.fields;
        let cells = fields.iter().map(|name| if name == "Id" { Cell::Text(id.clone()) } else { Cell::Null }).collect();
        self.row(cells, true)
    }

    /// Tells how far it is.
    pub(crate) fn tell(&mut self) {
        self.sink.progress(&format!("{}: {} rows", self.layout.stream, self.rows));
    }

    fn row(&mut self, cells: Vec<Cell>, is_deleted: bool) -> Result<(), Error> {
        self.rows += 1;
        let row = Row { is_deleted, ..Row::new(self.rows, cells) };
        self.sink.row(&self.layout.stream, row)
    }
}

/// Returns an id in its form of 18 characters. One of 15 differs from another by the case of its letters alone; the last
/// three say which of each five letters are capitals.
fn case_safe(id: &str) -> String {
    const DIGITS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
    if id.len() != 15 || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return id.to_owned();
    }
    let mut out = id.to_owned();
    for five in id.as_bytes().chunks(5) {
        let capitals = five.iter().enumerate().filter(|(_, byte)| byte.is_ascii_uppercase());
        let digit: usize = capitals.map(|(place, _)| 1 << place).sum();
        out.push(char::from(DIGITS[digit]));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_15_characters_becomes_one_of_18() {
        assert_eq!(case_safe("a00D0000008pQRA"), "a00D0000008pQRAIA2");
        assert_eq!(case_safe("a00D0000008pQRAIA2"), "a00D0000008pQRAIA2");
        assert_eq!(case_safe(""), "");
    }
}
