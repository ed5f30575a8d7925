//! What became of the rows and cells of a file: everything that was left out, set aside or reinterpreted, counted and said.

use std::fmt;

use serde::Serialize;

use crate::error::Error;
use crate::plan::ReadingPlan;

/// What became of the rows and cells of a file. The same text goes to the terminal, as JSON to programs, and to the page.
#[derive(Clone, Debug, Serialize)]
pub struct ReadingReport {
    /// The file as messages show it.
    pub file: String,
    /// How it was read.
    pub plan: ReadingPlan,
    /// Rows that became values.
    pub rows_read: u64,
    /// Records that did not: titles and footers, and rows that cannot be read.
    pub rows_set_aside: u64,
    /// Those of them that were rows of the table, and are lost.
    pub rows_lost: u64,
    /// The first of those, each with its place and reason.
    pub set_aside: Vec<SetAside>,
    /// Everything else that was left out or reinterpreted, the gravest first.
    pub notes: Vec<Note>,
}

/// A record that did not become a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SetAside {
    /// Its first line, or its row in a sheet, from 1.
    pub line: u64,
    /// The column that is wrong; `None` if it is the whole record.
    pub column: Option<String>,
    /// Why, with the cell.
    pub reason: String,
    /// Whether it was a row of the table, and is lost; otherwise a title, footer or the like.
    pub is_row: bool,
}

/// How grave a note is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// How the file was read.
    Info,
    /// A decision that could be wrong, or a value that may not mean what it says: somebody should look.
    Warning,
}

/// One thing that was found out, left out or reinterpreted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Note {
    /// How grave it is.
    pub level: Level,
    /// What kind of thing it is, for programs.
    pub code: NoteCode,
    /// The column, unless it is the whole file.
    pub column: Option<String>,
    /// Rows or cells that it is about.
    pub count: u64,
    /// A sentence: what was found, with an example, how it was read.
    pub what: String,
    /// What to do if that is wrong; empty if there is nothing to do.
    pub way_out: String,
}

/// The kinds of notes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoteCode {
    /// The character encoding.
    Encoding,
    /// The compression.
    Compression,
    /// What separates or encloses cells.
    Separator,
    /// The sheet that was taken, and those that were not.
    Sheet,
    /// Lines above the header.
    LinesAbove,
    /// Records below the table.
    Footer,
    /// A column without a name, or with one that was changed.
    ColumnName,
    /// A column that is left out.
    ColumnIgnored,
    /// A row of more or fewer cells than the header.
    RowLength,
    /// Numbers with thousands, decimal commas, currencies, percents, parentheses, `14+`.
    NumberForm,
    /// Numbers that could be read in two ways.
    NumberAmbiguous,
    /// Dates, in which order.
    DateOrder,
    /// Dates that could be read in two ways.
    DateAmbiguous,
    /// Words of a flag.
    FlagWords,
    /// Spellings that are taken as missing.
    Missing,
    /// Spellings that may mean missing, and are taken as values.
    MissingDoubtful,
    /// Cells that do not fit their column.
    CellUnreadable,
    /// Identifiers that a spreadsheet has rounded, or whose zeros it has taken.
    IdentifierRounded,
    /// Numbers that are codes, read as categories.
    NumericCode,
    /// Spellings of one word, by case or blanks.
    Spelling,
    /// A column that nearly every row has its own value of.
    NearlyUnique,
    /// Numbers beyond what can be held exactly.
    Precision,
    /// What a database, a program or a CRM was found to say or to leave out.
    Connector,
}

impl ReadingReport {
    /// Returns the share of the table's rows that are lost, from 0 to 1.
    pub fn lost_share(&self) -> f64 {
        self.rows_lost as f64 / (self.rows_read + self.rows_lost).max(1) as f64
    }

    /// Refuses a reading that has lost more than so many percent of the rows.
    pub fn check_lost(&self, percent_max: f64) -> Result<(), Error> {
        let first = self.set_aside.iter().find(|record| record.is_row);
        match first {
            Some(first) if self.lost_share() * 100.0 > percent_max => Err(Error::TooMuchLost {
                name: self.file.clone(),
                lost: self.rows_lost,
                rows: self.rows_read + self.rows_lost,
                first: first.to_string(),
                allowed_percent: percent_max,
            }),
            _ => Ok(()),
        }
    }

    /// Returns what is said, a line each, the gravest first: for a terminal.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.rows_lost > 0 {
            let first = self.set_aside.iter().find(|record| record.is_row);
            let first = first.map_or_else(String::new, |first| format!("; the first: {first}"));
            lines.push(format!("warning: {} rows are set aside{first}", self.rows_lost));
        }
        lines.extend(self.notes.iter().map(ToString::to_string));
        lines
    }
}

impl fmt::Display for SetAside {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}: ", self.line)?;
        if let Some(column) = &self.column {
            write!(formatter, "`{column}`: ")?;
        }
        formatter.write_str(&self.reason)
    }
}

impl fmt::Display for Note {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.level == Level::Warning {
            formatter.write_str("warning: ")?;
        }
        if let Some(column) = &self.column {
            write!(formatter, "`{column}`: ")?;
        }
        formatter.write_str(&self.what)?;
        if !self.way_out.is_empty() && self.level == Level::Warning {
            write!(formatter, " ({})", self.way_out)?;
        }
        Ok(())
    }
}
