//! Whether a column is points in time, and in which order day, month and year are written.

use super::super::date::{DMY, MDY, YMD, order_bit};
use super::super::evidence::Evidence;
use super::super::names::NameSays;
use super::super::number::ALL_FORMS;
use super::convention::Convention;
use super::numbers::too_many;
use crate::plan::DateOrder;

/// Days of spreadsheets, seconds and milliseconds of the years 1990 to 2040.
const SERIALS: std::ops::Range<f64> = 32_874.0..51_502.0;
const SECONDS: std::ops::Range<f64> = 631_152_000.0..2_240_611_200.0;
pub(crate) const MILLISECONDS: std::ops::Range<f64> = 631_152_000_000.0..2_240_611_200_000.0;

/// Whether a column is points in time.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Dates {
    /// It is, all but a few cells.
    Are(Reading),
    /// Most cells look like dates, but not all in one order: why not.
    LookLike(String),
    /// It is not.
    AreNot,
}

/// How the dates of a column are read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Reading {
    pub(crate) order: DateOrder,
    pub(crate) days_only: bool,
    /// Cells that are none.
    pub(crate) unreadable: u64,
    pub(crate) decided: Decided,
}

/// What decides the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decided {
    /// The column's own cells.
    Here,
    /// Other columns of the file.
    ByOtherColumns,
    /// Nothing: it is taken as the United States write it, as the file has dollars or twelve-hour times.
    AsAmerican,
    /// Nothing: it is taken with the day first, as most countries write it.
    DayFirst,
}

/// Decides whether a column is points in time.
pub(crate) fn dates(evidence: &Evidence, convention: &Convention) -> Dates {
    let forms = &evidence.forms;
    let candidates = forms.present - forms.missing_count();
    let all = forms.date_count();
    if all == 0 || all * 2 < candidates {
        return Dates::AreNot;
    }
    let order = |order: DateOrder| {
        // A month that is a word is right in every order.
        forms.dated(order_bit(order)) + forms.date_marks.named_elsewhere(order_bit(order))
    };
    let orders = [DateOrder::YearMonthDay, DateOrder::DayMonthYear, DateOrder::MonthDayYear];
    let most = orders.iter().map(|one| order(*one)).max().unwrap_or(0);
    let best: Vec<DateOrder> = orders.into_iter().filter(|one| order(*one) == most).collect();
    if too_many(candidates - most, candidates) {
        return Dates::LookLike(misfits(evidence, candidates, all));
    }
    let is_named = forms.date_marks.named == all;
    let (order, decided) = match best[..] {
        [one] => (one, Decided::Here),
        _ if is_named => (named_order(evidence), Decided::Here),
        _ => undecided(convention),
    };
    let days_only = forms.date_marks.with_time == 0;
    Dates::Are(Reading { order, days_only, unreadable: candidates - most, decided })
}

/// Decides whether numbers are points in time: only under a name that says so.
pub(crate) fn counted(evidence: &Evidence, says: NameSays) -> Option<Reading> {
    let forms = &evidence.forms;
    let all = forms.number_count();
    let are_plain = forms.plain.total() == all && all == forms.present - forms.missing_count();
    if says != NameSays::Time || !are_plain {
        return None;
    }
    let (least, greatest) = forms.plain.whole()?;
    let within = |range: &std::ops::Range<f64>| range.contains(&least) && range.contains(&greatest);
    let are_whole = forms.numbers[usize::from(ALL_FORMS)] == all;
    let (order, days_only) = if forms.compact_days == all {
        (DateOrder::YearMonthDay, true)
    } else if within(&SERIALS) {
        (DateOrder::SpreadsheetSerial, are_whole)
    } else if within(&SECONDS) {
        (DateOrder::UnixSeconds, false)
    } else if within(&MILLISECONDS) {
        (DateOrder::UnixMillis, false)
    } else {
        return None;
    };
    Some(Reading { order, days_only, unreadable: 0, decided: Decided::Here })
}

fn undecided(convention: &Convention) -> (DateOrder, Decided) {
    match convention.order {
        Some(order) => (order, Decided::ByOtherColumns),
        None if convention.is_american => (DateOrder::MonthDayYear, Decided::AsAmerican),
        None => (DateOrder::DayMonthYear, Decided::DayFirst),
    }
}

/// Returns the order in which most named dates are.
fn named_order(evidence: &Evidence) -> DateOrder {
    let marks = &evidence.forms.date_marks;
    let counts = [(YMD, DateOrder::YearMonthDay), (DMY, DateOrder::DayMonthYear), (MDY, DateOrder::MonthDayYear)];
    let most = counts.into_iter().max_by_key(|(bit, _)| marks.named_as(*bit));
    most.map_or(DateOrder::DayMonthYear, |(_, order)| order)
}

fn misfits(evidence: &Evidence, candidates: u64, all: u64) -> String {
    let forms = &evidence.forms;
    if too_many(candidates - all, candidates) {
        let example = forms.odd_words.iter().max_by_key(|word| word.count);
        let example = example.map_or_else(String::new, |odd| {
            format!(", such as {} in line {}", super::super::notes::quoted(odd.word), odd.line)
        });
        return format!("{} of {candidates} are none{example}", candidates - all);
    }
    let (days, months, years) = (forms.dated(DMY), forms.dated(MDY), forms.dated(YMD));
    format!("of {all}, {days} can have the day first, {months} the month first and {years} the year first")
}
