//! The shape of a table's records, and how each record fits it.

use crate::records::source::Record;

/// How many cells the records of a table have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    /// Cells of a whole record: columns of the file, with and without a name.
    pub(super) width: usize,
    /// The last column that has a name, from 1.
    pub(super) named: usize,
    /// Whether records without their last cells are rows.
    pub(super) accepts_short: bool,
}

/// How a record fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// It has a cell for each column, or lacks only those of columns without a name.
    Whole,
    /// Its last cells are missing.
    Short,
    /// It has more cells, which are empty.
    LongEmpty,
    /// It has more cells, with something in them.
    Long,
    /// It has no cell that is not empty.
    Empty,
}

impl Shape {
    pub(super) fn fit(&self, record: &Record) -> Fit {
        let is_blank = |cell: &str| cell.trim().is_empty();
        if record.get(0).is_none_or(is_blank) && record.iter().all(is_blank) {
            return Fit::Empty;
        }
        if (self.named..=self.width).contains(&record.len()) {
            Fit::Whole
        } else if record.len() < self.named {
            Fit::Short
        } else if record.iter().skip(self.width).all(is_blank) {
            Fit::LongEmpty
        } else {
            Fit::Long
        }
    }

    /// Returns why a record that does not fit is no row.
    pub(super) fn reason(&self, fit: Fit, record: &Record) -> String {
        let (found, expected) = (record.len(), self.width);
        let mut reason = match fit {
            Fit::Long => {
                let extra = record.iter().skip(expected).find(|cell| !cell.trim().is_empty()).unwrap_or_default();
                format!("expected {expected} cells, found {found}: `{}` is too many", excerpt(extra))
            }
            _ => format!(
                "expected {expected} cells, found {found}: it begins `{}`",
                excerpt(record.get(0).unwrap_or_default())
            ),
        };
        let breaks = record.iter().map(|cell| cell.matches('\n').count()).sum::<usize>();
        if breaks > 0 {
            reason.push_str(&format!("; a quote that is opened here goes on for {breaks} more lines"));
        }
        reason
    }
}

/// Returns the last cell, from 1, that has something in it; 0 if there is none.
pub(super) fn last_filled(record: &Record) -> usize {
    (0..record.len()).rev().find(|at| !record[*at].trim().is_empty()).map_or(0, |last| last + 1)
}

/// Returns the beginning of a text, on one line.
pub(super) fn excerpt(text: &str) -> String {
    const LETTERS: usize = 60;
    let line = text.trim().replace(['\n', '\r', '\t'], " ");
    if line.chars().count() <= LETTERS { line } else { line.chars().take(LETTERS).chain(['…']).collect() }
}

/// Returns the cells of a record that are not empty, on one line.
pub(super) fn record_excerpt(record: &Record) -> String {
    let cells: Vec<&str> = record.iter().map(str::trim).filter(|cell| !cell.is_empty()).take(20).collect();
    excerpt(&cells.join(" | "))
}
