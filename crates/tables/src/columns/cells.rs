//! Single cells by a known form, for whoever has cells and no column: functions of SQL, columns of typed files.

use super::date::{self, counted_micros};
use super::decode::counted;
use super::evidence::trimmed;
use super::flags::flag_of_word;
use super::number::{COMMA_FORMS, POINT_FORMS, mark, scan};
use super::units::is_currency;
use crate::plan::{DateOrder, NumberForm};

/// A point in time as a cell says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CellTime {
    /// Microseconds since 1970 in UTC; of a time without an offset, as if it were one of UTC.
    pub micros: i64,
    /// Whether the cell says its offset from UTC, or needs none.
    pub has_offset: bool,
}

/// Parses a cell as a number with the form's decimal separator, a point if it has none; `None` if it is none. Percents keep
/// their number: `12.5%` is 12.5.
///
/// Grouped thousands, currencies, percents and any minus are read whatever the form says of them. A plus behind, words that
/// multiply and other units are read if the form allows them, since each could be a number of another kind.
pub fn parse_number_cell(cell: &str, form: &NumberForm) -> Option<f64> {
    let decimal = form.decimal.unwrap_or('.');
    let written = scan(trimmed(cell))?;
    let allowed = |is_allowed: bool, mark: u16| is_allowed || written.marks & mark == 0;
    let fits = written.forms & if decimal == ',' { COMMA_FORMS } else { POINT_FORMS } != 0
        && allowed(form.plus, mark::PLUS_AFTER)
        && allowed(form.scale, mark::SCALE)
        && (written.unit.is_empty() || is_currency(written.unit) || form.units.iter().any(|unit| unit == written.unit));
    if fits { written.value(decimal) } else { None }
}

/// Parses a cell as a point in time; `None` if it is none. A day is its midnight. A date with the year in front, or with the
/// month in letters, is read whatever the order is.
pub fn parse_timestamp_cell(cell: &str, order: DateOrder) -> Option<CellTime> {
    let cell = trimmed(cell);
    match order {
        DateOrder::SpreadsheetSerial => {
            let micros = counted_micros(counted(&cell.replace(',', "."))?, order)?;
            Some(CellTime { micros, has_offset: false })
        }
        DateOrder::UnixSeconds | DateOrder::UnixMillis => {
            Some(CellTime { micros: counted_micros(counted(cell)?, order)?, has_offset: true })
        }
        DateOrder::YearMonthDay | DateOrder::DayMonthYear | DateOrder::MonthDayYear => match date::scan(cell) {
            Some(date) => {
                let micros = date.micros(order).or_else(|| date.micros(DateOrder::YearMonthDay))?;
                Some(CellTime { micros, has_offset: date.clock.offset_minutes.is_some() })
            }
            None => Some(CellTime { micros: date::compact(cell)?, has_offset: false }),
        },
    }
}

/// Parses a cell as yes or no in one of several languages, or as 1 or 0; `None` if it is neither.
pub fn parse_flag_cell(cell: &str) -> Option<bool> {
    flag_of_word(trimmed(cell))
}
