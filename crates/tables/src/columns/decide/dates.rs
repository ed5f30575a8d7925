//! Whether a column is dates, and in which order their parts stand.

use super::super::date::{DMY, MDY, YMD};
use super::super::evidence::Evidence;
use super::super::names::NameSays;
use super::super::notes::{note, quoted};
use super::super::number::ALL_FORMS;
use super::convention::Convention;
use super::numbers::too_many;
use crate::plan::DateOrder;
use crate::report::{Level, Note, NoteCode};

/// Numbers that count days or seconds are dates only within these years.
const DAYS: (f64, f64) = (32_874.0, 51_502.0);
const SECONDS: (f64, f64) = (631_152_000.0, 2_240_611_200.0);

/// Whether a column is dates.
pub(super) enum Dates {
    /// It is, all but a few cells.
    Are(Reading),
    /// Most cells look like dates, but not all do so in one order: why not.
    LookLike(String),
    /// It is not.
    AreNot,
}

/// How the dates of a column are read.
pub(super) struct Reading {
    pub(super) order: DateOrder,
    pub(super) days_only: bool,
    /// Why this order, where the column's own cells do not decide.
    doubt: Option<&'static str>,
    /// Whether numbers are counted days or seconds.
    counted: bool,
}

pub(super) fn dates(says: NameSays, evidence: &Evidence, convention: &Convention) -> Dates {
    let forms = &evidence.forms;
    let candidates = forms.present - forms.missing_count();
    if says == NameSays::Time
        && let Some(order) = counted(evidence, candidates)
    {
        let days_only = order == DateOrder::YearMonthDay;
        return Dates::Are(Reading { order, days_only, doubt: None, counted: true });
    }
    let all = forms.date_count();
    if all == 0 || all * 2 < candidates {
        return Dates::AreNot;
    }
    let fitting = [(YMD, DateOrder::YearMonthDay), (DMY, DateOrder::DayMonthYear), (MDY, DateOrder::MonthDayYear)]
        .map(|(bit, order)| (forms.dated(bit), order));
    let most = fitting.iter().map(|(count, _)| *count).max().unwrap_or(0);
    if too_many(candidates - most, candidates) {
        if !too_many(candidates - all, candidates) {
            let [(_, _), (days, _), (months, _)] = fitting;
            return Dates::LookLike(format!("{days} of {all} fit the day first and {months} the month first"));
        }
        let odd = forms.odd_words.iter().max_by_key(|word| word.count);
        let odd = odd.map_or_else(String::new, |odd| format!(", such as {} in line {}", quoted(odd.word), odd.line));
        return Dates::LookLike(format!("{} of {candidates} cells are none{odd}", candidates - all));
    }
    let best: Vec<DateOrder> = fitting.iter().filter(|(count, _)| *count == most).map(|(_, order)| *order).collect();
    let (order, doubt) = match best.as_slice() {
        [only] => (*only, None),
        _ if best.contains(&DateOrder::YearMonthDay) => (DateOrder::YearMonthDay, None),
        _ => match (convention.order, convention.is_american) {
            (Some(order), _) => (order, Some("as other columns of the file have it")),
            (None, true) => (DateOrder::MonthDayYear, Some("as dollars or twelve-hour times in the file suggest")),
            (None, false) => (DateOrder::DayMonthYear, Some("as is usual in most countries")),
        },
    };
    let days_only = forms.date_marks.with_time == 0;
    let is_named = forms.date_marks.named == all;
    Dates::Are(Reading { order, days_only, doubt: doubt.filter(|_| !is_named), counted: false })
}

/// Returns what numbers of a column count, whose name says that they are times.
fn counted(evidence: &Evidence, candidates: u64) -> Option<DateOrder> {
    let forms = &evidence.forms;
    if too_many(candidates - forms.number_count().min(candidates), candidates) {
        return None;
    }
    let whole = forms.fitting(ALL_FORMS);
    if whole == candidates && forms.compact_days == candidates {
        return Some(DateOrder::YearMonthDay);
    }
    let (least, greatest) = forms.plain.whole()?;
    let within = |(low, high): (f64, f64)| least >= low && greatest <= high;
    if within(DAYS) {
        Some(DateOrder::SpreadsheetSerial)
    } else if within(SECONDS) {
        Some(DateOrder::UnixSeconds)
    } else {
        within((SECONDS.0 * 1e3, SECONDS.1 * 1e3)).then_some(DateOrder::UnixMillis)
    }
}

/// Returns what is said of the dates of a column.
pub(super) fn notes(name: &str, evidence: &Evidence, reading: &Reading) -> Vec<Note> {
    let forms = &evidence.forms;
    let mut notes = Vec::new();
    let example = if reading.counted { forms.example.clone() } else { forms.date_marks.example.clone() };
    let example = example.map_or_else(String::new, |example| format!(", such as {}", quoted(&example)));
    let count = evidence.present();
    let how = match reading.order {
        DateOrder::YearMonthDay if reading.counted => "days of eight digits",
        DateOrder::YearMonthDay => "",
        DateOrder::DayMonthYear => "dates with the day first",
        DateOrder::MonthDayYear => "dates with the month first",
        DateOrder::SpreadsheetSerial => "days as spreadsheets count them, from 1899-12-30 on",
        DateOrder::UnixSeconds => "seconds since 1970",
        DateOrder::UnixMillis => "milliseconds since 1970",
    };
    if let Some(why) = reading.doubt {
        let what = format!("the cells could have the day or the month first{example}: they are read as {how}, {why}");
        notes.push(note(
            Level::Warning,
            NoteCode::DateAmbiguous,
            name,
            count,
            what,
            "set the column's `order` in the plan if that is wrong",
        ));
    } else if !how.is_empty() {
        notes.push(note(
            Level::Info,
            NoteCode::DateOrder,
            name,
            count,
            format!("read as {how}{example}"),
            "set the column's `order` in the plan if that is wrong",
        ));
    }
    if forms.date_marks.short_year > 0 {
        let what = format!(
            "{} years have two digits: 00 to 68 are read as 2000 to 2068, others as 1969 to 1999",
            forms.date_marks.short_year
        );
        notes.push(note(
            Level::Info,
            NoteCode::DateOrder,
            name,
            forms.date_marks.short_year,
            what,
            "export four digits",
        ));
    }
    notes
}
