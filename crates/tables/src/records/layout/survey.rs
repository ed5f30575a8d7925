//! One look at all raw records: where the table begins and ends, how wide it is, and which records do not fit.

use std::collections::VecDeque;

use super::footers::{FOOTERS_MAX, Tail, find_footers};
use super::header::{HEAD_RECORDS, body_width, extent, find_header};
use super::shape::{Fit, Shape};
use crate::error::Error;
use crate::records::raw::{Oddities, Place, RawTable};
use crate::records::source::Record;

/// The share of records without their last cells from which on that is the file's way to write empty cells.
const SHORT_SHARE_MIN: f64 = 0.1;

/// Records at the end that are looked at: those below the table, and rows above them to compare with.
const TAIL_RECORDS: usize = FOOTERS_MAX + 40;

/// What all records of a file showed.
#[derive(Debug)]
pub(super) struct Survey {
    /// The position of the header among the raw records, or of the first row if there is none.
    pub(super) header: usize,
    /// Whether there is no line of names.
    pub(super) is_absent: bool,
    /// The cells of the header as written; empty texts if there is none.
    pub(super) written: Vec<String>,
    /// Where the header is.
    pub(super) header_line: u64,
    /// The records above it.
    pub(super) above: Vec<(Place, Record)>,
    pub(super) shape: Shape,
    /// How many of the last records are no rows, and what else is odd at the end.
    pub(super) tail: Tail,
    /// Raw records in all.
    pub(super) records: u64,
    /// Rows without their last cells, and with more cells that are empty.
    pub(super) short: u64,
    pub(super) long_empty: u64,
    pub(super) oddities: Oddities,
}

/// The first records of a table, and its width.
pub(super) struct Head {
    pub(super) records: Vec<(Place, Record)>,
    pub(super) width: usize,
}

/// Reads the first records.
pub(super) fn read_head(table: &dyn RawTable) -> Result<Head, Error> {
    let mut records = Vec::new();
    let (mut raw, mut record) = (table.open(None)?, Record::new());
    while records.len() < HEAD_RECORDS
        && let Some(place) = raw.next_raw(&mut record)?
    {
        records.push((place, record.clone()));
    }
    let width = body_width(&records);
    Ok(Head { records, width })
}

/// Reads all records. `header` is the position of the header and whether it is absent, if a plan fixes that.
pub(super) fn survey(table: &dyn RawTable, head: Head, fixed: Option<(usize, bool)>) -> Result<Survey, Error> {
    let Head { records: mut above, width } = head;
    let (header, is_absent) = fixed.unwrap_or_else(|| {
        let begin = usize::from(is_instruction(above.first()));
        let found = find_header(&above[begin.min(above.len().saturating_sub(1))..]);
        (begin.min(above.len().saturating_sub(1)) + found.index, found.is_absent)
    });
    let body = above.split_off((header + usize::from(!is_absent)).min(above.len()));
    let header_cells = if is_absent { None } else { above.pop() };
    let width = width.max(
        header_cells
            .as_ref()
            .map_or(0, |(_, cells)| extent(std::slice::from_ref(&(Place::default(), cells.clone())), cells.len())),
    );
    let written = written_names(header_cells.as_ref().map(|(_, cells)| cells), &body, width);
    let named = if is_absent {
        width
    } else {
        written.iter().rposition(|name| !name.trim().is_empty()).map_or(width, |last| last + 1)
    };
    let mut shape = Shape { width: written.len(), named, accepts_short: false };
    let header_line = header_cells.as_ref().or(body.first()).map_or(1, |(place, _)| place.line);

    let mut raw = table.open(Some(shape.width))?;
    let (mut record, mut last) = (Record::new(), VecDeque::new());
    let (mut records, mut whole, mut short, mut open, mut long_empty) = (0_u64, 0_u64, 0_u64, 0_u64, 0_u64);
    while let Some(place) = raw.next_raw(&mut record)? {
        records += 1;
        if records <= (header + usize::from(!is_absent)) as u64 {
            continue;
        }
        if place.wrong.is_none() {
            match shape.fit(&record) {
                Fit::Short => open += 1,
                Fit::LongEmpty => long_empty += 1,
                // Short records with a whole one behind them are not what stands below the table.
                Fit::Whole => (whole, short, open) = (whole + 1, short + open, 0),
                Fit::Long | Fit::Empty => {}
            }
        }
        if last.len() == TAIL_RECORDS {
            last.pop_front();
        }
        last.push_back((place, record.clone()));
    }
    let last: Vec<(Place, Record)> = last.into();
    shape.accepts_short = short > 0 && short as f64 >= SHORT_SHARE_MIN * (short + whole + long_empty) as f64;
    let mut tail = find_footers(&last, &shape, shape.accepts_short);
    tail.footers = tail.footers.min(FOOTERS_MAX);
    let oddities = raw.oddities();
    Ok(Survey { header, is_absent, written, header_line, above, shape, tail, records, short, long_empty, oddities })
}

/// Returns the names as written, one for each cell of a row. Names that are one fewer than the cells lack that of row numbers
/// at the beginning, as some programs write frames; others lack those of the last columns.
fn written_names(header: Option<&Record>, body: &[(Place, Record)], width: usize) -> Vec<String> {
    let mut names: Vec<String> = header.map_or(Vec::new(), |cells| cells.iter().map(str::to_owned).collect());
    // Names beyond the widest row that are empty are no columns.
    while names.len() > width && names.last().is_some_and(|name| name.trim().is_empty()) {
        names.pop();
    }
    let is_numbered = || {
        let first = body
            .iter()
            .filter(|(_, record)| record.len() == width)
            .filter_map(|(_, record)| record.get(0)?.trim().parse().ok());
        let numbers: Vec<u64> = first.collect();
        numbers.len() > 1 && numbers.windows(2).all(|two| two[1] == two[0] + 1)
    };
    if header.is_some() && names.len() + 1 == width && is_numbered() {
        names.insert(0, String::new());
    }
    names.resize(names.len().max(width), String::new());
    names
}

/// Returns whether a record is the line `sep=;`, which is for spreadsheets.
pub(super) fn is_instruction(first: Option<&(Place, Record)>) -> bool {
    let cell = first.and_then(|(_, record)| record.get(0)).unwrap_or_default();
    cell.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("sep="))
        && first.is_some_and(|(_, record)| record.iter().skip(1).all(|cell| cell.trim().is_empty()))
        && cell.chars().count() <= 6
}
