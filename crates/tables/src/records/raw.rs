//! Raw records: the cells of each line or row of a sheet, before it is known what they are.

use super::source::Record;
use crate::error::Error;

/// A table whose records can be read from the start as often as needed.
pub(crate) trait RawTable: Send + Sync {
    /// Returns the name that messages show.
    fn name(&self) -> &str;

    /// Returns what a place is called: `line`, or `row` of a sheet.
    fn place_word(&self) -> &'static str;

    /// Returns how many first lines only tell how to read the others.
    fn instruction_lines(&self) -> u64 {
        0
    }

    /// Starts at the first record. One that spans lines is taken for a mistake if it has not `width` cells and the next line
    /// alone has.
    fn open(&self, width: Option<usize>) -> Result<Box<dyn RawRecords>, Error>;
}

/// Records that are being read.
pub(crate) trait RawRecords: Send {
    /// Reads the next record that is not blank. Returns where it is; `None` at the end.
    fn next_raw(&mut self, cells: &mut Record) -> Result<Option<Place>, Error>;

    /// Returns what was odd in the cells so far.
    fn oddities(&self) -> Oddities;

    /// Returns how far the file is read, and its length, in one unit.
    fn progress(&self) -> (u64, u64);
}

/// Where a record is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// Its first line, or row of the sheet, from 1.
    pub(crate) line: u64,
    /// Whether a blank line stands before it.
    pub(crate) after_blank: bool,
    /// Why it cannot be cut into cells.
    pub(crate) wrong: Option<String>,
}

/// What was odd in the cells of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Oddities {
    /// Cells such as `="00001"`, and the first of them as it was read.
    pub(crate) text_formulas: (u64, String),
    /// Quotes within cells that are not doubled, and the line of the first.
    pub(crate) stray_quotes: (u64, u64),
    /// Cells with lines in them that look like rows, and the line of the first.
    pub(crate) rows_within: (u64, u64),
    /// Blank lines between records.
    pub(crate) blank_lines: u64,
}
