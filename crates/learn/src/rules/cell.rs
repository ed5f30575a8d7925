//! Sheets and cells, and how a cell is named to people.

use std::fmt;

use super::quantity;

/// Characters of a cell that a message shows.
const SHOWN_CHARS_MAX: usize = 80;

/// One sheet of a workbook, or a file of separated values.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    /// Its name; none for a file that is one sheet.
    pub name: Option<String>,
    /// Its lines: the number, from 1, and the cells from the first column on.
    pub lines: Vec<(usize, Vec<Cell>)>,
}

/// The content of a cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Cell {
    /// Nothing.
    #[default]
    Empty,
    /// Text.
    Text(String),
    /// A number.
    Number(f64),
    /// True or false.
    Flag(bool),
    /// A date.
    Date {
        /// The day, as in `2026-05-03`.
        day: String,
        /// The typed text, if the spreadsheet program surely made a date of it, as of `3-5`.
        typed: Option<String>,
    },
}

/// The address of a cell in a spreadsheet, which is shown as people look for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellAddress {
    /// The sheet, if the file has several.
    pub sheet: Option<String>,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 0.
    pub column: usize,
    /// The column's heading.
    pub heading: String,
}

/// A cell that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadableCell {
    /// Its address.
    pub address: CellAddress,
    /// Its text.
    pub text: String,
    /// What it is instead of what was expected.
    pub why: String,
}

impl Cell {
    /// Returns the text that is shown.
    pub fn text(&self) -> String {
        match self {
            Cell::Empty => String::new(),
            Cell::Text(text) => text.clone(),
            Cell::Number(number) => number.to_string(),
            Cell::Flag(flag) => if *flag { "yes" } else { "no" }.to_owned(),
            Cell::Date { day, .. } => day.clone(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text().trim().is_empty()
    }

    /// Returns the text of a condition, as it was typed where a spreadsheet program made a date of it.
    pub(super) fn condition(&self) -> Result<String, String> {
        match self {
            Cell::Date { typed: Some(typed), .. } => Ok(typed.clone()),
            Cell::Date { .. } => Err("a date, which no condition can be: if a range such as `3-5` was typed, the spreadsheet \
                                      program has turned it into a date; format the cell as text and type the range again"
                .to_owned()),
            other => Ok(other.text()),
        }
    }

    pub(super) fn points(&self) -> Option<f64> {
        match self {
            Cell::Number(number) => Some(*number).filter(|number| number.is_finite()),
            Cell::Text(text) => quantity::plain(text.trim().trim_start_matches('+')),
            Cell::Empty | Cell::Flag(_) | Cell::Date { .. } => None,
        }
    }
}

impl fmt::Display for CellAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match &self.sheet {
            Some(sheet) => write!(formatter, "sheet \"{sheet}\", cell {}{}", letters(self.column), self.line),
            None => write!(formatter, "line {}, column {}", self.line, self.heading),
        }
    }
}

impl fmt::Display for UnreadableCell {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        write!(formatter, "{}: `{}` is {}", self.address, shortened(&self.text), self.why)
    }
}

/// Returns the beginning of a cell's text, for a message: a cell may hold a book.
pub(super) fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Returns the name of a column: A, B, …, Z, AA.
fn letters(column: usize) -> String {
    let last = char::from(b'A' + (column % 26) as u8);
    if column < 26 { last.to_string() } else { format!("{}{last}", letters(column / 26 - 1)) }
}
