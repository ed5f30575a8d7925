//! The reading plan: how the bytes of a file become records, and how the cells of each column become values.
//!
//! A plan is found out from a file (`detect`), or fixed in `reading.toml`. The text forms below are its TOML.

use serde::{Deserialize, Serialize};

/// How a table is read. What is `None` in the part of the file is found out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReadingPlan {
    /// How bytes become records.
    pub file: FilePlan,
    /// How cells become values: one for each column that is named; the others are found out.
    #[serde(rename = "column", skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<ColumnPlan>,
}

/// How the bytes of a file become records of text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FilePlan {
    /// The format.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<FileFormat>,
    /// The compression around it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compression: Option<Compression>,
    /// The character encoding by its WHATWG label, such as `utf-8`, `windows-1252`, `utf-16le`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// What separates cells: one character.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub separator: Option<char>,
    /// What encloses cells: one character.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote: Option<char>,
    /// What takes the meaning from a quote within an enclosed cell, such as `\\`; without it, two quotes stand for one.
    /// Found out together with `separator`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub escape: Option<char>,
    /// The sheet of a workbook, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// Where the names of the columns are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<HeaderPlan>,
    /// How many of the last records are no rows, such as totals and the date of an export.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub footer_lines: Option<u64>,
}

/// Where the names of the columns are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeaderPlan {
    /// Lines above the header that belong to no table: a `sep=` line, titles, empty lines.
    #[serde(default)]
    pub lines_above: u64,
    /// The names as this program uses them, in the order of the file: trimmed, told apart, and given to columns without one.
    /// Empty: found out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// Whether the file has no line of names: then `names` are in the order of its cells.
    #[serde(default, skip_serializing_if = "is_false")]
    pub absent: bool,
}

/// The format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileFormat {
    /// Separated cells, a record a line.
    Csv,
    /// A sheet of a workbook: XLSX, XLSM, XLSB, XLS or ODS.
    Sheet,
    /// One JSON document: an array of objects, or an object with one such array in it.
    Json,
    /// A JSON object a line.
    Jsonl,
    /// Parquet, which the caller reads.
    Parquet,
    /// Rows of a relation or a database, which the caller reads.
    Rows,
}

/// The compression around a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// None.
    None,
    /// gzip.
    Gzip,
    /// Zstandard.
    Zstd,
}

/// How the cells of one column become values.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnPlan {
    /// The column's name as in [`HeaderPlan::names`].
    pub name: String,
    /// How a cell that is there is read.
    pub reading: ColumnReading,
    /// Spellings that mean missing, beside the empty cell; compared trimmed and without regard to case.
    pub missing: Vec<String>,
    /// Whether spellings of a category that differ by case and blanks only are one word: in small letters, with single blanks.
    pub merge_spellings: bool,
}

/// How a cell that is there is read.
#[derive(Clone, Debug, PartialEq)]
pub enum ColumnReading {
    /// A number.
    Number(NumberForm),
    /// Yes or no, each by its words; compared trimmed and without regard to case.
    Flag {
        /// Words of yes.
        yes: Vec<String>,
        /// Words of no. An empty word means that an empty cell is no, as in a column of ticks.
        no: Vec<String>,
    },
    /// A point in time. A day without a time is its midnight, in UTC where no zone is written.
    Timestamp {
        /// The order of day, month and year.
        order: DateOrder,
        /// Whether no cell has a time of day.
        days_only: bool,
    },
    /// A word that several rows share, or a code written as a number.
    Category,
    /// An identifier: nearly every row has its own, or the name and form say so. Never a number.
    Identifier,
    /// A text that nearly every row has its own of: a name, a street, a note.
    Text,
    /// A column that is left out: a running number without a name, an empty one.
    Ignored {
        /// Why.
        why: String,
    },
}

impl ColumnReading {
    /// Returns what a cell has to be, in words.
    pub(crate) fn rule(&self) -> String {
        let listed = |words: &[String]| words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
        match self {
            ColumnReading::Number(form) => form.rule(),
            ColumnReading::Flag { yes, no } => format!("one of {} for yes, or {} for no", listed(yes), listed(no)),
            ColumnReading::Timestamp { order, days_only } => {
                let order = match order {
                    DateOrder::YearMonthDay => "a date of year, month and day",
                    DateOrder::DayMonthYear => "a date of day, month and year",
                    DateOrder::MonthDayYear => "a date of month, day and year",
                    DateOrder::SpreadsheetSerial => "a number of days as spreadsheets count",
                    DateOrder::UnixSeconds => "a number of seconds since 1970",
                    DateOrder::UnixMillis => "a number of milliseconds since 1970",
                };
                if *days_only { format!("{order}, without a time of day") } else { order.to_owned() }
            }
            _ => "a word".to_owned(),
        }
    }
}

/// How a number is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NumberForm {
    /// What stands before the fraction, `.` or `,`; `None` if no cell has a fraction, and no other column of the file tells.
    pub decimal: Option<char>,
    /// What groups thousands: `,` `.` `'` or a space (any kind of it).
    pub thousands: Option<char>,
    /// A unit or currency before or after the number, as written: `€`, `$`, `EUR`, `kg`.
    pub units: Vec<String>,
    /// Whether cells are percentages: `12.5%` is read as 12.5.
    pub percent: bool,
    /// Whether parentheses mean minus: `(987.65)`.
    pub parentheses: bool,
    /// Whether `14+` is read as 14.
    pub plus: bool,
    /// Whether a minus may stand behind: `5-`.
    pub trailing_minus: bool,
    /// Whether scale words multiply: `10k` is read as 10000, `1.2M` as 1200000.
    pub scale: bool,
}

impl NumberForm {
    fn rule(&self) -> String {
        let mut rule = match self.decimal {
            Some(decimal) => format!("a number with `{decimal}` before the fraction"),
            None => "a whole number".to_owned(),
        };
        match self.thousands {
            Some(' ') => rule += ", thousands grouped by blanks",
            Some(thousands) => rule += &format!(", thousands grouped by `{thousands}`"),
            None => rule += ", thousands not grouped",
        }
        match &self.units[..] {
            [] => rule += ", no unit",
            units => rule += &format!(", unit `{}` or none", units.join("` or `")),
        }
        if self.percent {
            rule += ", and a percent sign";
        }
        rule
    }
}

/// The order of the parts of a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateOrder {
    /// `2026-03-01`, and RFC 3339.
    YearMonthDay,
    /// `01.03.2026`, `1/3/2026`, `1 Mar 2026`.
    DayMonthYear,
    /// `3/1/2026`, `Mar 1, 2026`.
    MonthDayYear,
    /// Days since 1899-12-30, as spreadsheets count.
    SpreadsheetSerial,
    /// Seconds since 1970.
    UnixSeconds,
    /// Milliseconds since 1970.
    UnixMillis,
}

fn is_false(value: &bool) -> bool {
    !value
}
