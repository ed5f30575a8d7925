//! A timestamp in a form that the caller names: national orders of the date, serials of spreadsheets, seconds since 1970.

use chrono::{DateTime, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone};
use datafusion::arrow::array::timezone::Tz;

use crate::timestamp;

/// How a timestamp is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimeForm {
    DayFirst,
    MonthFirst,
    Spreadsheet,
    Unix,
    UnixMillis,
}

/// The last day that spreadsheets count, 9999-12-31.
const SERIAL_MAX: f64 = 2_958_466.0;

/// Seconds and milliseconds are told apart by their size: these are the years 1902 to 2262 in seconds.
const UNIX_SECONDS_MAX: f64 = 9_214_646_400.0;

/// The first letters of months in English, which is what exports write.
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

impl TimeForm {
    /// The names of the forms.
    pub(crate) const NAMES: &'static str = "'day first', 'month first', 'spreadsheet', 'unix' or 'unix ms'";

    /// Returns the form of a name; `None` if there is none.
    pub(crate) fn named(name: &str) -> Option<TimeForm> {
        match name {
            "day first" => Some(TimeForm::DayFirst),
            "month first" => Some(TimeForm::MonthFirst),
            "spreadsheet" => Some(TimeForm::Spreadsheet),
            "unix" => Some(TimeForm::Unix),
            "unix ms" => Some(TimeForm::UnixMillis),
            _ => None,
        }
    }

    /// Returns what is expected of a text.
    pub(crate) fn expected(self) -> &'static str {
        match self {
            TimeForm::DayFirst => "a date with the day first, as `31.12.2026` or `31/12/2026 17:30`",
            TimeForm::MonthFirst => "a date with the month first, as `12/31/2026` or `12/31/2026 5:30 PM`",
            TimeForm::Spreadsheet => "a day as spreadsheets number them, as `46022.5`",
            TimeForm::Unix => "seconds since 1970, as `1772323200`",
            TimeForm::UnixMillis => "milliseconds since 1970, as `1772323200000`",
        }
    }
}

/// Reads a trimmed text that is not empty, in microseconds; `None` if it is no timestamp of this form. Without an offset
/// of its own it is a local time of `zone`, or UTC.
pub(crate) fn time(text: &str, form: TimeForm, zone: Option<Tz>) -> Option<i64> {
    match form {
        TimeForm::Unix => Some((plain_number(text)?.abs() <= UNIX_SECONDS_MAX).then(|| scaled(text, 1e6))??),
        TimeForm::UnixMillis => scaled(text, 1e3),
        TimeForm::Spreadsheet => {
            let days = plain_number(&text.replace(',', ".")).filter(|days| (0.0..SERIAL_MAX).contains(days))?;
            let begin = NaiveDate::from_ymd_opt(1899, 12, 30)?.and_time(NaiveTime::MIN);
            // A serial has about a hundredth of a millisecond; what was typed are whole milliseconds.
            let millis = (days * 86_400_000.0).round() as i64;
            at_zone(begin.checked_add_signed(TimeDelta::milliseconds(millis))?, zone)
        }
        TimeForm::DayFirst | TimeForm::MonthFirst => national(text, form, zone),
    }
}

fn plain_number(text: &str) -> Option<f64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    text.parse::<f64>().ok().filter(|number| is_plain && number.is_finite())
}

fn scaled(text: &str, micros: f64) -> Option<i64> {
    let value = plain_number(text)? * micros;
    // Years up to 9999: a number beyond is of another unit.
    (value.abs() < 253_402_300_800e6).then(|| value.round() as i64)
}

/// Reads a date in a national order, with or without a time. A year of four digits in front is read as such in every order.
fn national(text: &str, form: TimeForm, zone: Option<Tz>) -> Option<i64> {
    if text.len() >= 8 && text.bytes().take(4).all(|byte| byte.is_ascii_digit()) && !text.as_bytes()[4].is_ascii_digit()
    {
        return match NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f") {
            Ok(local) => at_zone(local, zone),
            Err(_) => match NaiveDate::parse_from_str(text, "%Y-%m-%d") {
                Ok(day) => at_zone(day.and_time(NaiveTime::MIN), zone),
                Err(_) => timestamp::parse(text),
            },
        };
    }
    let (parts, rest) = date_parts(text)?;
    let day = date(&parts, form)?;
    let rest = rest.trim_start_matches([',', 'T', ' ']);
    let (time, offset) = time_of_day(rest)?;
    let local = day.and_time(time);
    match offset {
        Some(seconds) => Some(local.and_utc().timestamp_micros() - i64::from(seconds) * 1_000_000),
        None => at_zone(local, zone),
    }
}

/// Splits the three parts of a date from what follows them.
fn date_parts(text: &str) -> Option<([&str; 3], &str)> {
    let mut parts = [""; 3];
    let mut rest = text;
    for (index, part) in parts.iter_mut().enumerate() {
        rest = rest.trim_start_matches(['.', '/', '-', ' ', ',']);
        let is_word = rest.chars().next()?.is_alphabetic();
        let end = rest.find(|letter: char| if is_word { !letter.is_alphabetic() } else { !letter.is_ascii_digit() });
        let end = end.unwrap_or(rest.len());
        if end == 0 || (index < 2 && end == rest.len()) {
            return None;
        }
        (*part, rest) = rest.split_at(end);
    }
    Some((parts, rest))
}

fn date(parts: &[&str; 3], form: TimeForm) -> Option<NaiveDate> {
    let is_word = |part: &str| part.starts_with(char::is_alphabetic);
    // A month in letters tells itself, wherever it is.
    let (day, month) = match (is_word(parts[0]), is_word(parts[1]), form) {
        (true, false, _) | (false, false, TimeForm::MonthFirst) => (parts[1], parts[0]),
        _ => (parts[0], parts[1]),
    };
    let month = if is_word(month) { month_named(month)? } else { short_number(month)? };
    let year: i32 = parts[2].parse().ok()?;
    let year = match parts[2].len() {
        4 => year,
        2 if year < 69 => 2000 + year,
        2 => 1900 + year,
        _ => return None,
    };
    NaiveDate::from_ymd_opt(year, month, short_number(day)?)
}

fn short_number(text: &str) -> Option<u32> {
    text.parse().ok().filter(|_| text.len() <= 2)
}

fn month_named(word: &str) -> Option<u32> {
    let word = word.to_lowercase();
    let found = MONTHS.iter().position(|month| word.starts_with(month))?;
    u32::try_from(found + 1).ok()
}

/// Reads a time of day, which may be empty, and its offset in seconds.
fn time_of_day(text: &str) -> Option<(NaiveTime, Option<i32>)> {
    if text.is_empty() {
        return Some((NaiveTime::MIN, None));
    }
    let upper = text.to_uppercase();
    let upper = upper.trim_end_matches(" UTC").trim_end_matches(" GMT");
    for format in ["%I:%M:%S%.f %p", "%I:%M %p", "%I:%M:%S%p", "%I:%M%p", "%H:%M:%S%.f", "%H:%M"] {
        if let Ok(time) = NaiveTime::parse_from_str(upper, format) {
            let is_utc = upper.len() < text.len();
            return Some((time, is_utc.then_some(0)));
        }
    }
    for format in ["%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f %#z", "%Y-%m-%d %H:%M%#z", "%Y-%m-%d %H:%M %#z"] {
        let with_offset = upper.strip_suffix('Z').map_or(upper.to_owned(), |time| format!("{time}+00"));
        if let Ok(time) = DateTime::parse_from_str(&format!("2000-01-01 {with_offset}"), format) {
            return Some((time.time(), Some(time.offset().local_minus_utc())));
        }
    }
    None
}

/// Returns the moment of a local time; of one that a clock shows twice, the first. `None` for one that no clock shows.
fn at_zone(local: NaiveDateTime, zone: Option<Tz>) -> Option<i64> {
    let Some(zone) = zone else { return Some(local.and_utc().timestamp_micros()) };
    match zone.from_local_datetime(&local) {
        LocalResult::Single(time) | LocalResult::Ambiguous(time, _) => Some(time.timestamp_micros()),
        LocalResult::None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timestamp::from_micros;

    #[track_caller]
    fn check(text: &str, form: TimeForm, expected: Option<&str>) {
        check_in(text, form, None, expected);
    }

    #[track_caller]
    fn check_in(text: &str, form: TimeForm, zone: Option<&str>, expected: Option<&str>) {
        let zone = zone.map(|zone| zone.parse().expect("a zone"));
        let found = time(text, form, zone).map(|micros| from_micros(micros).to_rfc3339());
        assert_eq!(found.as_deref(), expected, "{text} {form:?}");
    }

    #[test]
    fn national_orders_are_read_as_named() {
        check("03.04.2026", TimeForm::DayFirst, Some("2026-04-03T00:00:00+00:00"));
        check("03/04/2026", TimeForm::MonthFirst, Some("2026-03-04T00:00:00+00:00"));
        check("3/4/26 5:30 PM", TimeForm::MonthFirst, Some("2026-03-04T17:30:00+00:00"));
        check("31/12/2026 17:30:15", TimeForm::DayFirst, Some("2026-12-31T17:30:15+00:00"));
        check("31-12-2026T17:30", TimeForm::DayFirst, Some("2026-12-31T17:30:00+00:00"));
        check("1 Mar 2026", TimeForm::DayFirst, Some("2026-03-01T00:00:00+00:00"));
        check("Mar 1, 2026", TimeForm::DayFirst, Some("2026-03-01T00:00:00+00:00"));
        check("2026-03-01 08:00:00", TimeForm::DayFirst, Some("2026-03-01T08:00:00+00:00"));
        check("01.03.2026 08:00 +02:00", TimeForm::DayFirst, Some("2026-03-01T06:00:00+00:00"));
        check("01.03.2026 08:00Z", TimeForm::DayFirst, Some("2026-03-01T08:00:00+00:00"));
    }

    #[test]
    fn what_is_no_date_of_the_form_is_none() {
        for text in
            ["31.12.2026", "13/13/2026", "1/2", "tomorrow", "1/2/3", "12/31/2026 25:00", "46022", "1/2/2026 noon"]
        {
            check(text, TimeForm::MonthFirst, None);
        }
        check("-5", TimeForm::Spreadsheet, None);
        check("1772323200000", TimeForm::Unix, None);
        check("01.03.2026", TimeForm::UnixMillis, None);
    }

    #[test]
    fn serials_and_seconds_are_read() {
        check("46022.5", TimeForm::Spreadsheet, Some("2025-12-31T12:00:00+00:00"));
        check("46022,25", TimeForm::Spreadsheet, Some("2025-12-31T06:00:00+00:00"));
        check("1772323200", TimeForm::Unix, Some("2026-03-01T00:00:00+00:00"));
        check("1772323200500", TimeForm::UnixMillis, Some("2026-03-01T00:00:00.500+00:00"));
    }

    #[test]
    fn a_local_time_has_its_zone() {
        check_in("01.07.2026 08:00", TimeForm::DayFirst, Some("Europe/Berlin"), Some("2026-07-01T06:00:00+00:00"));
        check_in("1/15/2026 08:00", TimeForm::MonthFirst, Some("America/New_York"), Some("2026-01-15T13:00:00+00:00"));
        check_in("01.07.2026 08:00Z", TimeForm::DayFirst, Some("Europe/Berlin"), Some("2026-07-01T08:00:00+00:00"));
        // No clock shows this time.
        check_in("29.03.2026 02:30", TimeForm::DayFirst, Some("Europe/Berlin"), None);
    }
}
