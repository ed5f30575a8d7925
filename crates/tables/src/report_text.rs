//! The report of a reading as lines of text, and the refusal to lose too many rows.

use std::fmt;

use crate::error::Error;
use crate::report::{Level, Note, ReadingReport, SetAside};

/// Records that are listed one by one as text; the report has more.
const LISTED_MAX: usize = 5;

impl ReadingReport {
    /// Returns the share of the table's rows that are lost, from 0 to 1. Titles and footers do not count.
    pub fn lost_share(&self) -> f64 {
        self.rows_lost as f64 / (self.rows_read + self.rows_lost).max(1) as f64
    }

    /// Refuses a reading that loses more than so many percent of the rows.
    pub fn refuse_if_too_much_lost(&self, allowed_percent: f64) -> Result<(), Error> {
        if self.rows_lost == 0 || self.lost_share() * 100.0 <= allowed_percent {
            return Ok(());
        }
        Err(Error::TooMuchLost {
            name: self.file.clone(),
            lost: self.rows_lost,
            rows: self.rows_read + self.rows_lost,
            first: self.set_aside.iter().find(|record| record.is_row).map_or_else(String::new, SetAside::to_string),
            allowed_percent,
        })
    }

    /// Returns the lines that a terminal shows: rows, records that were set aside, and notes, the gravest first.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("{}: {} rows", self.file, self.rows_read)];
        if self.rows_set_aside > 0 {
            let others = self.rows_set_aside - self.rows_lost;
            lines.push(format!("set aside: {} rows, {others} lines that are no rows", self.rows_lost));
            let mut listed: Vec<&SetAside> = self.set_aside.iter().collect();
            listed.sort_by_key(|record| !record.is_row);
            lines.extend(listed.iter().take(LISTED_MAX).map(|record| format!("  {record}")));
            let more = self.rows_set_aside.saturating_sub(LISTED_MAX as u64);
            if more > 0 {
                lines.push(format!("  and {more} more"));
            }
        }
        lines.extend(self.notes.iter().flat_map(Note::lines));
        lines
    }
}

impl Note {
    /// Returns the note as one line, and a second with the way out of a warning.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![self.to_string()];
        if self.level == Level::Warning && !self.way_out.is_empty() {
            lines.push(format!("  {}", self.way_out));
        }
        lines
    }
}

impl fmt::Display for Note {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.level == Level::Warning {
            formatter.write_str("warning: ")?;
        }
        if let Some(column) = &self.column {
            write!(formatter, "{column}: ")?;
        }
        formatter.write_str(&self.what)
    }
}

impl fmt::Display for SetAside {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}", self.line)?;
        if let Some(column) = &self.column {
            write!(formatter, ", column {column}")?;
        }
        write!(formatter, ": {}", self.reason)
    }
}

impl fmt::Display for ReadingReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.lines().join("\n"))
    }
}
