//! Single cells by a known form, for whoever has cells and no column: functions of SQL.

use super::date;
use super::decode::{Cell, Decoder, moment};
use super::evidence::trimmed;
use super::flags::flag_of;
use crate::plan::{ColumnPlan, ColumnReading, DateOrder, NumberForm};

/// Parses a cell as a number of a form; `None` if it is none.
pub fn parse_number_cell(cell: &str, form: &NumberForm) -> Option<f64> {
    let reading = ColumnReading::Number(form.clone());
    let plan = ColumnPlan { name: String::new(), reading, missing: Vec::new(), merge_spellings: false };
    match Decoder::new(&plan).number(trimmed(cell), form) {
        Cell::Value(value) => Some(value),
        Cell::Missing | Cell::Unreadable => None,
    }
}

/// Parses a cell as a point in time, in microseconds since 1970 in UTC; `None` if it is none. A day is its midnight.
pub fn parse_timestamp_cell(cell: &str, order: DateOrder) -> Option<i64> {
    moment(trimmed(cell), order, false)
}

/// Parses a cell as yes or no in one of several languages, or as 1 or 0; `None` if it is neither.
pub fn parse_flag_cell(cell: &str) -> Option<bool> {
    let cell = trimmed(cell);
    match cell {
        "1" => Some(true),
        "0" => Some(false),
        _ if cell.chars().count() == 1 => match cell.to_ascii_lowercase().as_str() {
            "y" | "t" | "j" => Some(true),
            "n" | "f" => Some(false),
            _ => None,
        },
        _ => flag_of(&[cell], false).map(|flag| flag.yes.iter().any(|word| word == &cell.to_lowercase())),
    }
}

/// Returns whether a cell is a date that is written with a time of day.
pub fn has_time_of_day(cell: &str) -> bool {
    date::scan(trimmed(cell)).is_some_and(|date| date.clock.is_written)
}
