//! Values into cells: what a type does not hold makes a missing cell that is counted, or a row that is rejected.

use chrono::{Datelike, NaiveDate, NaiveDateTime};

use super::table::{Value, Wire};
use crate::cell::{Cell, CellKind};

/// A zero date of MySQL.
pub(super) const ZERO_DATE: &str = "a zero date";
/// A moment or a day that no calendar has, or that is further off than four digits of a year tell.
pub(super) const FAR: &str = "a date before the year 1 or after 9999";
/// `infinity` or `-infinity`.
pub(super) const INFINITY: &str = "infinity";
/// Not a number.
pub(super) const NAN: &str = "NaN";

/// Up to here each whole number is a double.
const WHOLE_MAX: f64 = (1_u64 << 53) as f64;

/// Why there is no cell.
#[derive(Debug, PartialEq)]
pub(super) enum Misfit {
    /// The value cannot be told: it is missing.
    Untold(&'static str),
    /// The row cannot be read.
    Reject(String),
}

/// Returns the cell that a value is in a column of this type.
pub(super) fn cell(value: Value, wire: Wire, kind: CellKind) -> Result<Cell, Misfit> {
    let reject = |value: &str| Err(Misfit::Reject(format!("`{}` is {}", shortened(value), expected(kind))));
    match (value, kind) {
        (Value::Null, _) => Ok(Cell::Null),
        (Value::Untold(what), _) => Err(Misfit::Untold(what)),
        (Value::Unreadable(reason), _) => Err(Misfit::Reject(reason)),
        (Value::Text(text), _) if wire == Wire::Moment => moment(&text, kind),
        (Value::Text(text), CellKind::Text) if wire == Wire::Date => date(text),
        (Value::Text(text), _) if wire == Wire::Decimal => decimal(text, kind),
        (Value::Text(text), CellKind::Text) => Ok(Cell::Text(text)),
        (Value::Integer(value), CellKind::Integer) => Ok(Cell::Integer(value)),
        (Value::Integer(value @ (0 | 1)), CellKind::Flag) => Ok(Cell::Flag(value == 1)),
        (Value::Integer(value), CellKind::Real) => {
            if value.unsigned_abs() <= WHOLE_MAX as u64 {
                Ok(Cell::Real(value as f64))
            } else {
                reject(&value.to_string())
            }
        }
        (Value::Integer(value), CellKind::Text) => Ok(Cell::Text(value.to_string())),
        (Value::Real(value), _) if value.is_nan() => Err(Misfit::Untold(NAN)),
        (Value::Real(value), _) if value.is_infinite() => Err(Misfit::Untold(INFINITY)),
        // Of a column that was of whole numbers.
        (Value::Real(value), CellKind::Integer) if value.fract() == 0.0 && value.abs() <= WHOLE_MAX => {
            Ok(Cell::Integer(value as i64))
        }
        (Value::Real(value), CellKind::Real) => Ok(Cell::Real(value)),
        (Value::Real(value), CellKind::Text) => Ok(Cell::Text(value.to_string())),
        (Value::Flag(value), CellKind::Flag) => Ok(Cell::Flag(value)),
        (Value::Timestamp(value), CellKind::Timestamp) => Ok(Cell::Timestamp(value)),
        (Value::Text(text), _) => reject(&text),
        (Value::Integer(value), _) => reject(&value.to_string()),
        (Value::Real(value), _) => reject(&value.to_string()),
        (Value::Flag(value), _) => reject(&value.to_string()),
        (Value::Timestamp(value), _) => reject(&value.to_string()),
    }
}

/// Returns microseconds since 1970 as a moment, if the year has one to four digits.
pub(super) fn near(micros: i64) -> Result<i64, &'static str> {
    let year = chrono::DateTime::from_timestamp_micros(micros).map(|moment| moment.year());
    if year.is_some_and(|year| (1..=9999).contains(&year)) { Ok(micros) } else { Err(FAR) }
}

/// Returns a day as text.
pub(super) fn day(date: NaiveDate) -> Result<String, &'static str> {
    if (1..=9999).contains(&date.year()) { Ok(date.format("%Y-%m-%d").to_string()) } else { Err(FAR) }
}

/// Returns bytes as PostgreSQL writes them.
pub(super) fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from(b"0123456789abcdef"[usize::from(half)]);
    let mut text = String::with_capacity(2 + 2 * bytes.len());
    text.push_str("\\x");
    for byte in bytes {
        text.extend([digit(byte >> 4), digit(byte & 15)]);
    }
    text
}

fn moment(text: &str, kind: CellKind) -> Result<Cell, Misfit> {
    if kind != CellKind::Timestamp {
        return Err(Misfit::Reject(format!("`{}` is {}", shortened(text), expected(kind))));
    }
    if is_zero_date(text) {
        return Err(Misfit::Untold(ZERO_DATE));
    }
    match NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f") {
        Ok(moment) => near(moment.and_utc().timestamp_micros()).map(Cell::Timestamp).map_err(Misfit::Untold),
        Err(_) => Err(Misfit::Reject(format!("`{}` is no moment", shortened(text)))),
    }
}

fn date(text: String) -> Result<Cell, Misfit> {
    if is_zero_date(&text) { Err(Misfit::Untold(ZERO_DATE)) } else { Ok(Cell::Text(text)) }
}

/// MySQL takes a day without a year, a month or a day of the month.
fn is_zero_date(text: &str) -> bool {
    let mut parts = text.get(..10).unwrap_or_default().split('-');
    parts.any(|part| part.bytes().all(|byte| byte == b'0'))
}

fn decimal(text: String, kind: CellKind) -> Result<Cell, Misfit> {
    match text.as_str() {
        "NaN" => return Err(Misfit::Untold(NAN)),
        "Infinity" | "-Infinity" => return Err(Misfit::Untold(INFINITY)),
        _ => {}
    }
    let reject = || Misfit::Reject(format!("`{}` is {}", shortened(&text), expected(kind)));
    match kind {
        CellKind::Text => Ok(Cell::Text(text)),
        CellKind::Integer => whole(&text).parse().map(Cell::Integer).map_err(|_| reject()),
        CellKind::Real => exact(&text).map(Cell::Real).ok_or_else(reject),
        CellKind::Flag | CellKind::Timestamp => Err(reject()),
    }
}

/// Returns a number without a fraction that is zero.
fn whole(text: &str) -> &str {
    match text.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|digit| digit == b'0') => whole,
        _ => text,
    }
}

/// Returns a number of 64 bits if its shortest text is the same number: nothing is lost by it.
fn exact(text: &str) -> Option<f64> {
    let number: f64 = text.parse().ok().filter(|number: &f64| number.is_finite())?;
    (digits(&number.to_string()) == digits(text)).then_some(number)
}

/// Returns a number's text without zeros that say nothing.
fn digits(text: &str) -> (bool, &str, &str) {
    let (is_negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    (is_negative && !(whole.is_empty() && fraction.is_empty()), whole, fraction)
}

fn expected(kind: CellKind) -> &'static str {
    match kind {
        CellKind::Text => "no text",
        CellKind::Integer => "no whole number of 64 bits",
        CellKind::Real => "no number that 64 bits hold without loss",
        CellKind::Flag => "neither true nor false",
        CellKind::Timestamp => "no moment",
    }
}

fn shortened(text: &str) -> String {
    const CHARS_MAX: usize = 60;
    if text.chars().count() <= CHARS_MAX {
        return text.to_owned();
    }
    format!("{}…", text.chars().take(CHARS_MAX).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_a_double_only_if_its_text_comes_back() {
        for text in ["0", "0.10", "-0.0", "12345678901234.5", "100000000000000000000", "-7.25", "0.000001"] {
            assert!(exact(text).is_some(), "{text}");
        }
        for text in ["90071992547409920001", "0.12345678901234567890", "1234567890123456.25", "9007199254740993"] {
            assert_eq!(exact(text), None, "{text}");
        }
    }

    #[test]
    fn what_a_type_does_not_hold_is_missing_or_rejected() {
        let moment = |text: &str| cell(Value::Text(text.to_owned()), Wire::Moment, CellKind::Timestamp);
        assert_eq!(moment("1970-01-01 00:00:01.5"), Ok(Cell::Timestamp(1_500_000)));
        assert_eq!(moment("0000-00-00 00:00:00"), Err(Misfit::Untold(ZERO_DATE)));
        assert_eq!(moment("2026-00-01 00:00:00"), Err(Misfit::Untold(ZERO_DATE)));
        assert!(matches!(cell(Value::Integer(2), Wire::Plain, CellKind::Flag), Err(Misfit::Reject(_))));
        assert!(matches!(cell(Value::Integer((1 << 53) + 1), Wire::Plain, CellKind::Real), Err(Misfit::Reject(_))));
        assert_eq!(cell(Value::Real(f64::NAN), Wire::Plain, CellKind::Real), Err(Misfit::Untold(NAN)));
    }
}
