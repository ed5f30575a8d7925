//! How texts are written, as a caller of a function names it.

use chrono::{DateTime, LocalResult, TimeZone};
use datafusion::arrow::array::timezone::Tz;
use plumb_tables::{CellTime, DateOrder, NumberForm, parse_timestamp_cell};

/// What is expected of a flag.
pub(super) const FLAG_EXPECTED: &str = "yes or no, true or false, 1 or 0, or the like in another language";

/// A form by name, and what is expected of a text of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Named<T> {
    pub(super) form: T,
    pub(super) expected: String,
}

/// Returns the form of numbers that is named: the decimal separator, and what else is allowed, as
/// `decimal comma, plus, scale, unit kg`.
pub(super) fn number_form(name: &str) -> Result<Named<NumberForm>, String> {
    let mut parts = name.split(',').map(str::trim);
    let (decimal, example) = match parts.next() {
        Some("decimal point") => ('.', "a decimal point, as `1,234.56`"),
        Some("decimal comma") => (',', "a decimal comma, as `1.234,56`"),
        _ => return Err(format!("unknown form '{name}': expected 'decimal point' or 'decimal comma'")),
    };
    let mut form = NumberForm { decimal: Some(decimal), ..NumberForm::default() };
    let mut expected = format!("a number with {example}");
    for part in parts {
        match (part, part.strip_prefix("unit ").map(str::trim)) {
            (_, Some(unit)) if !unit.is_empty() => {
                expected += &format!(", or `5 {unit}`");
                form.units.push(unit.to_owned());
            }
            ("plus", _) => {
                expected += ", or `14+`";
                form.plus = true;
            }
            ("scale", _) => {
                expected += ", or `5k`";
                form.scale = true;
            }
            _ => {
                let expected = "expected 'plus' for `14+`, 'scale' for `5k` and `1.2 Mio`, or 'unit kg' for `5 kg`";
                return Err(format!("unknown part '{part}' of the form '{name}': {expected}"));
            }
        }
    }
    Ok(Named { form, expected })
}

/// Returns the form of timestamps that is named.
pub(super) fn time_form(name: &str) -> Result<Named<DateOrder>, String> {
    let (form, expected) = match name {
        "year first" => (DateOrder::YearMonthDay, "a date with the year first, as `2026-12-31` or `2026/12/31 17:30`"),
        "day first" => (DateOrder::DayMonthYear, "a date with the day first, as `31.12.2026` or `31/12/2026 17:30`"),
        "month first" => {
            (DateOrder::MonthDayYear, "a date with the month first, as `12/31/2026` or `12/31/2026 5:30 PM`")
        }
        "spreadsheet" => (DateOrder::SpreadsheetSerial, "a day as spreadsheets number them, as `46022.5`"),
        "unix" => (DateOrder::UnixSeconds, "seconds since 1970, as `1772323200`"),
        "unix ms" => (DateOrder::UnixMillis, "milliseconds since 1970, as `1772323200000`"),
        _ => {
            let names = "'year first', 'day first', 'month first', 'spreadsheet', 'unix' or 'unix ms'";
            return Err(format!("unknown form '{name}': expected {names}"));
        }
    };
    Ok(Named { form, expected: expected.to_owned() })
}

/// Reads a timestamp, in microseconds; `None` if it is none of this form. Without an offset of its own it is a local time of
/// `zone`, or UTC: of a time that a clock shows twice the first, and none of a time that no clock shows.
pub(super) fn time(text: &str, order: DateOrder, zone: Option<Tz>) -> Option<i64> {
    let CellTime { micros, has_offset } = parse_timestamp_cell(text, order)?;
    let Some(zone) = zone.filter(|_| !has_offset) else { return Some(micros) };
    match zone.from_local_datetime(&DateTime::from_timestamp_micros(micros)?.naive_utc()) {
        LocalResult::Single(time) | LocalResult::Ambiguous(time, _) => Some(time.timestamp_micros()),
        LocalResult::None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timestamp::from_micros;

    #[track_caller]
    fn check(text: &str, form: &str, zone: Option<&str>, expected: Option<&str>) {
        let zone = zone.map(|zone| zone.parse().expect("a zone"));
        let form = time_form(form).expect("a form").form;
        let found = time(text, form, zone).map(|micros| from_micros(micros).to_rfc3339());
        assert_eq!(found.as_deref(), expected, "{text} {form:?}");
    }

    #[test]
    fn a_local_time_has_its_zone() {
        check("01.07.2026 08:00", "day first", Some("Europe/Berlin"), Some("2026-07-01T06:00:00+00:00"));
        check("1/15/2026 08:00", "month first", Some("America/New_York"), Some("2026-01-15T13:00:00+00:00"));
        check("46204.25", "spreadsheet", Some("Europe/Berlin"), Some("2026-07-01T04:00:00+00:00"));
        check("01.07.2026 08:00Z", "day first", Some("Europe/Berlin"), Some("2026-07-01T08:00:00+00:00"));
        check("1772323200", "unix", Some("Europe/Berlin"), Some("2026-03-01T00:00:00+00:00"));
        // No clock shows this time.
        check("29.03.2026 02:30", "day first", Some("Europe/Berlin"), None);
        check("2026/07/01", "year first", None, Some("2026-07-01T00:00:00+00:00"));
    }

    #[test]
    fn a_form_of_numbers_has_parts() {
        let found = number_form("decimal comma, plus, scale, unit kg, unit m²").expect("a form");
        let expected = "a number with a decimal comma, as `1.234,56`, or `14+`, or `5k`, or `5 kg`, or `5 m²`";
        assert_eq!(found.expected, expected);
        let units = vec!["kg".to_owned(), "m²".to_owned()];
        let form = NumberForm { decimal: Some(','), plus: true, scale: true, units, ..NumberForm::default() };
        assert_eq!(found.form, form);
        for (name, expected) in [("german", "'decimal point' or"), ("decimal point, kg", "unknown part 'kg'")] {
            let error = number_form(name).expect_err("no form");
            assert!(error.contains(expected), "{error}");
        }
    }
}
