//! Dates and times as people write them, and the moments that they are under each order of day and month.

use super::clock::{Clock, clock};
use super::months::{month_of, skip_weekday};
use crate::plan::DateOrder;

/// Orders, a bit each.
pub(crate) type Orders = u8;

/// Year, month, day.
pub(crate) const YMD: Orders = 1;
/// Day, month, year.
pub(crate) const DMY: Orders = 2;
/// Month, day, year.
pub(crate) const MDY: Orders = 4;

/// The longest cell, in bytes, that is looked at as a date.
const CELL_MAX: usize = 64;
const DAY_MICROS: i64 = 86_400_000_000;

/// A date as it is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct WrittenDate {
    /// The orders under which it is a date.
    pub(crate) orders: Orders,
    /// The time of day and the zone.
    pub(crate) clock: Clock,
    /// Whether the year has two digits.
    pub(crate) short_year: bool,
    /// Whether the month is a word, so that any order is right.
    pub(crate) is_named: bool,
    /// Year, and the other two as they are written: day and month, if the month is a word.
    year: i32,
    first: u32,
    second: u32,
}

/// Reads a cell, trimmed, as a date in any order.
pub(crate) fn scan(cell: &str) -> Option<WrittenDate> {
    let bytes = cell.as_bytes();
    if !(6..=CELL_MAX).contains(&bytes.len()) {
        return None;
    }
    let (numbers, rest) = if bytes[0].is_ascii_digit() { numeric(cell).or_else(|| named(cell))? } else { named(cell)? };
    let clock = clock(rest)?;
    let mut date = WrittenDate { clock, ..numbers };
    date.orders = [(YMD, DateOrder::YearMonthDay), (DMY, DateOrder::DayMonthYear), (MDY, DateOrder::MonthDayYear)]
        .into_iter()
        .filter(|(bit, order)| date.orders & bit != 0 && date.day(*order).is_some())
        .map(|(bit, _)| bit)
        .sum();
    (date.orders != 0).then_some(date)
}

impl WrittenDate {
    /// Returns the microseconds since 1970 under an order; `None` if it is no date under it.
    pub(crate) fn micros(&self, order: DateOrder) -> Option<i64> {
        if self.orders & order_bit(order) == 0 && !self.is_named {
            return None;
        }
        let day = self.day(order)?;
        Some(day * DAY_MICROS + self.clock.micros - i64::from(self.clock.offset_minutes.unwrap_or(0)) * 60_000_000)
    }

    /// Returns the day since 1970.
    fn day(&self, order: DateOrder) -> Option<i64> {
        let (month, day) = match order {
            DateOrder::DayMonthYear if !self.is_named => (self.second, self.first),
            _ => (self.first, self.second),
        };
        let is_day = (1..=12).contains(&month) && day >= 1 && day <= days_in(self.year, month);
        is_day.then(|| days_from_civil(self.year, month, day))
    }
}

/// Returns the bit of an order; 0 of one that is a number.
pub(crate) fn order_bit(order: DateOrder) -> Orders {
    match order {
        DateOrder::YearMonthDay => YMD,
        DateOrder::DayMonthYear => DMY,
        DateOrder::MonthDayYear => MDY,
        _ => 0,
    }
}

/// The end of the year 9999, in microseconds since 1970: what is beyond is of another unit, or no time.
const MICROS_MAX: f64 = 253_402_300_800e6;

/// Returns the moment of a number that counts from a day, in microseconds since 1970.
pub(crate) fn counted_micros(value: f64, order: DateOrder) -> Option<i64> {
    // Spreadsheets count from 1899-12-30, which is 25,569 days before 1970; a fraction is a time of day, to the millisecond.
    let micros = match order {
        DateOrder::SpreadsheetSerial if value >= 0.0 => ((value - 25_569.0) * 86_400_000.0).round() * 1_000.0,
        DateOrder::UnixSeconds => (value * 1e6).round(),
        DateOrder::UnixMillis => (value * 1e3).round(),
        _ => return None,
    };
    (micros.abs() < MICROS_MAX).then_some(micros as i64)
}

/// Reads `20260301`.
pub(crate) fn compact(cell: &str) -> Option<i64> {
    let bytes = cell.as_bytes();
    if bytes.len() != 8 || !bytes.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = |range: std::ops::Range<usize>| cell[range].parse::<u32>().ok();
    let (year, month, day) = (number(0..4)? as i32, number(4..6)?, number(6..8)?);
    let is_day = (1900..2100).contains(&year) && (1..=12).contains(&month) && day >= 1 && day <= days_in(year, month);
    is_day.then(|| days_from_civil(year, month, day) * DAY_MICROS)
}

/// Reads `2026-03-01`, `1.3.2026`, `3/1/26` and what follows.
fn numeric(cell: &str) -> Option<(WrittenDate, &str)> {
    let (first, first_digits, rest) = digits(cell)?;
    let (separator, rest) = separator(rest)?;
    let (second, second_digits, rest) = digits(rest)?;
    let rest = rest.strip_prefix(separator)?;
    let rest = if separator == '.' { rest.trim_start_matches(' ') } else { rest };
    let (third, third_digits, rest) = digits(rest)?;
    if second_digits > 2 {
        return None;
    }
    let base = WrittenDate {
        orders: 0,
        clock: Clock::default(),
        short_year: false,
        is_named: false,
        year: 0,
        first: 0,
        second: 0,
    };
    let date = match (first_digits, third_digits) {
        (4, 1 | 2) => WrittenDate { orders: YMD, year: first as i32, first: second, second: third, ..base },
        // Nobody writes the month first before a point.
        (1 | 2, 2 | 4) => WrittenDate {
            orders: if separator == '.' { DMY } else { DMY | MDY },
            year: full_year(third, third_digits),
            first,
            second,
            short_year: third_digits == 2,
            ..base
        },
        _ => return None,
    };
    (date.year > 0).then_some((date, rest))
}

/// Reads `1. März 2026`, `Mar 1, 2026`, `Sun, 1 Mar 2026`, `2026-Mar-01` and what follows.
fn named(cell: &str) -> Option<(WrittenDate, &str)> {
    let rest = skip_weekday(cell);
    let (orders, year, year_digits, month, day, rest) = if rest.as_bytes().first()?.is_ascii_digit() {
        let (first, first_digits, rest) = digits(rest)?;
        let (month, rest) = month_of(between(rest))?;
        let (last, last_digits, rest) = digits(between(rest))?;
        if first_digits == 4 {
            (YMD, first, 4, month, last, rest)
        } else {
            (DMY, last, last_digits, month, first, rest)
        }
    } else {
        let (month, rest) = month_of(rest)?;
        let (day, day_digits, rest) = digits(between(rest))?;
        if day_digits > 2 {
            return None;
        }
        let (year, year_digits, rest) = digits(between(rest))?;
        (MDY, year, year_digits, month, day, rest)
    };
    if !matches!(year_digits, 2 | 4) || rest.starts_with(':') {
        return None;
    }
    let date = WrittenDate {
        orders,
        clock: Clock::default(),
        short_year: year_digits == 2,
        is_named: true,
        year: full_year(year, year_digits),
        first: month,
        second: day,
    };
    Some((date, rest))
}

/// Two digits are a year from 1969 to 2068, as POSIX has it.
fn full_year(year: u32, digits: usize) -> i32 {
    let century = match (digits, year) {
        (2, 0..=68) => 2000,
        (2, _) => 1900,
        _ => 0,
    };
    year as i32 + century
}

/// Returns a number of up to four digits, how many it has, and the rest.
fn digits(text: &str) -> Option<(u32, usize, &str)> {
    let length = text.bytes().take(5).take_while(u8::is_ascii_digit).count();
    let number = text.as_bytes()[..length].iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0'));
    (1..=4).contains(&length).then(|| (number, length, &text[length..]))
}

fn separator(text: &str) -> Option<(char, &str)> {
    let separator = text.chars().next().filter(|letter| matches!(letter, '-' | '/' | '.'))?;
    let rest = &text[1..];
    Some((separator, if separator == '.' { rest.trim_start_matches(' ') } else { rest }))
}

/// Passes over what stands between day, month and year where the month is a word.
fn between(text: &str) -> &str {
    let mut rest = text;
    for ordinal in ["st", "nd", "rd", "th"] {
        rest = rest.strip_prefix(ordinal).unwrap_or(rest);
    }
    rest = rest.trim_start_matches(['.', ',', '-', '/', ' ', '\u{a0}']);
    for of in ["de ", "of ", "del "] {
        rest = rest.strip_prefix(of).unwrap_or(rest);
    }
    rest
}

fn days_in(year: i32, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970 of a day of the Gregorian calendar (Howard Hinnant, "chrono-compatible low-level date algorithms").
fn days_from_civil(year: i32, month: u32, day: u32) -> i64 {
    let year = i64::from(year) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((i64::from(month) + 9) % 12) + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests;
