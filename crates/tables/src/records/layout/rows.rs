//! The rows of a table that is laid out, from the first to the last.

use std::sync::Arc;

use super::shape::{Fit, Shape, record_excerpt};
use super::survey::is_header;
use crate::error::Error;
use crate::records::limits::SET_ASIDE_MAX;
use crate::records::raw::{Place, RawRecords};
use crate::records::source::{Record, Records};
use crate::report::SetAside;

/// Where the rows of a table are, and which cells of theirs are wanted.
#[derive(Debug)]
pub(super) struct Layout {
    /// The file's name as messages show it.
    pub(super) file: String,
    /// Lines that only tell how to read the others.
    pub(super) instruction_lines: u64,
    /// Lines above the table.
    pub(super) lines_above: u64,
    /// The record that names the columns.
    pub(super) header: Option<Record>,
    pub(super) shape: Shape,
    /// Records below the header, and the last of them that are no rows.
    pub(super) records: u64,
    pub(super) footers: u64,
    /// The columns that are wanted.
    pub(super) names: Vec<String>,
    /// The cell of each; `None` if each is its own. A column that the file has not is beyond its cells.
    pub(super) places: Option<Vec<usize>>,
}

/// Rows that are being read.
pub(super) struct Rows {
    raw: Box<dyn RawRecords>,
    layout: Arc<Layout>,
    /// Records below the header that were read.
    index: u64,
    is_below_header: bool,
    cells: Record,
    set_aside: Vec<SetAside>,
    set_aside_count: u64,
}

impl Rows {
    pub(super) fn new(raw: Box<dyn RawRecords>, layout: Arc<Layout>) -> Rows {
        Rows {
            raw,
            layout,
            index: 0,
            is_below_header: false,
            cells: Record::new(),
            set_aside: Vec::new(),
            set_aside_count: 0,
        }
    }

    /// Passes over what stands above the table. Returns the first record of the table if that names no columns.
    fn pass_header(&mut self) -> Result<Option<Place>, Error> {
        self.is_below_header = true;
        while let Some(place) = self.raw.next_raw(&mut self.cells)? {
            if place.line > self.layout.lines_above {
                let is_named = self.layout.header.is_some();
                return Ok((!is_named).then_some(place));
            }
            let is_empty = self.layout.shape.fit(&self.cells) == Fit::Empty && place.wrong.is_none();
            if place.line > self.layout.instruction_lines && !is_empty {
                let reason = format!("a line above the table: `{}`", record_excerpt(&self.cells));
                self.set_aside(place.line, reason, false)?;
            }
        }
        Ok(None)
    }

    fn next_place(&mut self) -> Result<Option<Place>, Error> {
        if !self.is_below_header
            && let Some(place) = self.pass_header()?
        {
            return Ok(Some(place));
        }
        self.raw.next_raw(&mut self.cells)
    }

    /// Returns why a record is no row and whether it was one, or nothing if it is one.
    fn refusal(&self, place: &Place, fit: Fit) -> Option<(String, bool)> {
        let layout = &self.layout;
        if self.index > layout.records.saturating_sub(layout.footers) {
            let text = place.wrong.clone().unwrap_or_else(|| record_excerpt(&self.cells));
            return Some((format!("a line below the table: `{text}`"), false));
        }
        if let Some(wrong) = &place.wrong {
            return Some((wrong.clone(), true));
        }
        if layout.header.as_ref().is_some_and(|header| is_header(header, &self.cells)) {
            return Some(("names the columns once more".to_owned(), false));
        }
        match fit {
            Fit::Whole | Fit::LongEmpty => None,
            Fit::Short if layout.shape.accepts_short => None,
            _ => Some((layout.shape.reason(fit, &self.cells), true)),
        }
    }

    fn set_aside(&mut self, line: u64, reason: String, is_row: bool) -> Result<(), Error> {
        self.set_aside_count += 1;
        if self.set_aside_count > SET_ASIDE_MAX {
            let problem =
                format!("has more than {SET_ASIDE_MAX} lines that are no rows, such as line {line}: {reason}");
            return Err(Error::Unreadable { name: self.layout.file.clone(), problem });
        }
        self.set_aside.push(SetAside { line, column: None, reason, is_row });
        Ok(())
    }

    /// Hands over the cells of a row.
    fn deliver(&mut self, record: &mut Record) {
        match &self.layout.places {
            None => {
                std::mem::swap(record, &mut self.cells);
                let width = self.layout.names.len();
                record.truncate(width);
                (record.len()..width).for_each(|_| record.push_field(""));
            }
            Some(places) => {
                record.clear();
                places.iter().for_each(|at| record.push_field(self.cells.get(*at).unwrap_or_default()));
            }
        }
    }
}

impl Records for Rows {
    fn names(&self) -> &[String] {
        &self.layout.names
    }

    fn next(&mut self, record: &mut Record) -> Result<Option<u64>, Error> {
        while let Some(place) = self.next_place()? {
            let fit = if place.wrong.is_some() { Fit::Long } else { self.layout.shape.fit(&self.cells) };
            if fit == Fit::Empty {
                continue;
            }
            self.index += 1;
            match self.refusal(&place, fit) {
                Some((reason, is_row)) => self.set_aside(place.line, reason, is_row)?,
                None => {
                    self.deliver(record);
                    return Ok(Some(place.line));
                }
            }
        }
        if self.index != self.layout.records {
            let problem = format!(
                "was changed while it was read: it had {} records below its header, and now {}; read it again when nobody writes it",
                self.layout.records, self.index
            );
            return Err(Error::Unreadable { name: self.layout.file.clone(), problem });
        }
        Ok(None)
    }

    fn take_set_aside(&mut self) -> Vec<SetAside> {
        std::mem::take(&mut self.set_aside)
    }

    fn progress(&self) -> (u64, u64) {
        self.raw.progress()
    }
}
