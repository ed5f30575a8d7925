//! The rows of a table: raw records that fit its shape, and those set aside with a reason.

use std::sync::Arc;

use super::shape::{Fit, Shape, record_excerpt};
use crate::error::Error;
use crate::records::limits::SET_ASIDE_MAX;
use crate::records::raw::RawRecords;
use crate::records::source::{Record, Records};
use crate::report::SetAside;

/// What is known of a table before its rows are read.
#[derive(Debug)]
pub(super) struct Outline {
    pub(super) file: String,
    pub(super) names: Vec<String>,
    /// The header's cells as written, to know it when it comes again; empty if there is none.
    pub(super) written: Vec<String>,
    pub(super) shape: Shape,
    /// Raw records before the first row, and up to the last.
    pub(super) begin: u64,
    pub(super) end: u64,
    /// Whether the record before the first row is the header.
    pub(super) has_header: bool,
}

/// Rows that are being read.
pub(super) struct Rows {
    outline: Arc<Outline>,
    raw: Box<dyn RawRecords>,
    cells: Record,
    read: u64,
    set_aside: Vec<SetAside>,
    set_aside_count: u64,
}

impl Rows {
    pub(super) fn new(outline: Arc<Outline>, raw: Box<dyn RawRecords>) -> Rows {
        Rows { outline, raw, cells: Record::new(), read: 0, set_aside: Vec::new(), set_aside_count: 0 }
    }

    fn set_aside(&mut self, line: u64, reason: String, is_row: bool) -> Result<(), Error> {
        self.set_aside_count += 1;
        if self.set_aside_count > SET_ASIDE_MAX {
            return Err(Error::Unreadable {
                name: self.outline.file.clone(),
                problem: format!("has more than {SET_ASIDE_MAX} records that are no rows, the last because: {reason}"),
            });
        }
        self.set_aside.push(SetAside { line, column: None, reason, is_row });
        Ok(())
    }

    /// Returns why a record is no row, and whether it is a row that is lost; `None` if it is a row.
    fn reason(&self) -> Option<(String, bool)> {
        let outline = &self.outline;
        match outline.shape.fit(&self.cells) {
            Fit::Empty => Some(("all of its cells are empty".to_owned(), false)),
            Fit::Short if !outline.shape.accepts_short => Some((outline.shape.reason(Fit::Short, &self.cells), true)),
            Fit::Long => Some((outline.shape.reason(Fit::Long, &self.cells), true)),
            _ if self.is_header_again() => Some(("the names of the columns once more".to_owned(), false)),
            _ => None,
        }
    }

    fn is_header_again(&self) -> bool {
        let written = &self.outline.written;
        let same = |(cell, name): (&str, &String)| cell.trim() == name.trim();
        !written.is_empty()
            && self.cells.get(0).map(str::trim) == written.first().map(|name| name.trim())
            && self.cells.iter().zip(written).all(same)
    }
}

impl Records for Rows {
    fn names(&self) -> &[String] {
        &self.outline.names
    }

    fn next(&mut self, record: &mut Record) -> Result<Option<u64>, Error> {
        loop {
            let Some(place) = self.raw.next_raw(&mut self.cells)? else { return Ok(None) };
            self.read += 1;
            if self.read <= self.outline.begin {
                let is_header = self.outline.has_header && self.read == self.outline.begin;
                if !is_header {
                    let text = record_excerpt(&self.cells);
                    self.set_aside(place.line, format!("above the table: `{text}`"), false)?;
                }
                continue;
            }
            if self.read > self.outline.end {
                let text = record_excerpt(&self.cells);
                self.set_aside(place.line, format!("below the table: `{text}`"), false)?;
                continue;
            }
            if let Some(wrong) = place.wrong {
                self.set_aside(place.line, wrong, true)?;
                continue;
            }
            if let Some((reason, is_row)) = self.reason() {
                self.set_aside(place.line, reason, is_row)?;
                continue;
            }
            let width = self.outline.names.len();
            if self.cells.len() == width {
                std::mem::swap(record, &mut self.cells);
            } else {
                record.clear();
                (0..width).for_each(|at| record.push_field(self.cells.get(at).unwrap_or_default()));
            }
            return Ok(Some(place.line));
        }
    }

    fn take_set_aside(&mut self) -> Vec<SetAside> {
        std::mem::take(&mut self.set_aside)
    }

    fn progress(&self) -> (u64, u64) {
        self.raw.progress()
    }
}
