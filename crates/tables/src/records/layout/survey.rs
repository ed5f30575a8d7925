//! One pass over all rows: how long they are, where they end, and what is odd in them.

use super::footers::{FOOTERS_MAX, Tail, find_footers};
use super::looks::is_total;
use super::shape::{Fit, Shape};
use crate::error::Error;
use crate::records::raw::{Oddities, Place, RawRecords};
use crate::records::source::Record;
use std::collections::VecDeque;

/// The share of rows without their last cells from which a program seems to leave out empty ones.
const SHORT_PERCENT_MIN: u64 = 2;

/// What is known of all records below the header.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// Records with something in them.
    pub(super) records: u64,
    /// The last of them that are no rows.
    pub(super) footers: u64,
    pub(super) doubtful_total: Option<u64>,
    /// Whether rows without their last cells are rows.
    pub(super) accepts_short: bool,
    pub(super) short: Count,
    pub(super) long_empty: Count,
    /// Records of nothing but empty cells.
    pub(super) empty: Count,
    pub(super) header_again: Count,
    /// Rows whose first word is a total, in the midst of the others.
    pub(super) totals: Count,
    pub(super) letters: Letters,
    pub(super) oddities: Oddities,
    /// The last records that may be footers.
    last: VecDeque<(Place, Record)>,
    whole_without_last: u64,
    pairs_of_short: u64,
}

/// How many, and the first line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) count: u64,
    pub(super) first: u64,
}

/// Letters beyond ASCII.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Letters {
    /// Cells that have any, and a word of the first.
    pub(crate) beyond_ascii: (u64, String),
    /// Cells with U+FFFD or control characters of the upper range, which no text has; the line and a word of the first.
    pub(crate) damaged: (u64, u64, String),
}

impl Count {
    fn add(&mut self, line: u64) {
        self.first = if self.count == 0 { line } else { self.first };
        self.count += 1;
    }
}

/// Reads all records whose line is greater than `above`. `header` is what names the columns, unless nothing does.
pub(super) fn survey(
    raw: &mut dyn RawRecords,
    above: u64,
    header: Option<&Record>,
    shape: &Shape,
) -> Result<Survey, Error> {
    let mut survey = Survey::default();
    let mut record = Record::new();
    let mut short_before = None;
    while let Some(place) = raw.next_raw(&mut record)? {
        if place.line <= above {
            continue;
        }
        let fit = fit_of(&place, &record, shape);
        if fit == Fit::Empty {
            survey.empty.add(place.line);
            continue;
        }
        survey.records += 1;
        if header.is_some_and(|header| is_header(header, &record)) {
            survey.header_again.add(place.line);
        } else {
            survey.add(fit, &place, &record, shape, &mut short_before);
        }
        survey.letters.add(&record, place.line);
        let mut slot = if survey.last.len() < FOOTERS_MAX { None } else { survey.last.pop_front() }.unwrap_or_default();
        slot.0 = place;
        std::mem::swap(&mut slot.1, &mut record);
        survey.last.push_back(slot);
    }
    survey.oddities = raw.oddities();
    survey.conclude(header, shape);
    Ok(survey)
}

fn fit_of(place: &Place, record: &Record, shape: &Shape) -> Fit {
    if place.wrong.is_some() { Fit::Long } else { shape.fit(record) }
}

/// Returns whether a record names the columns once more.
pub(super) fn is_header(header: &Record, record: &Record) -> bool {
    let is_same = |one: Option<&str>, other: Option<&str>| one.map(str::trim) == other.map(str::trim);
    is_same(header.get(0), record.get(0))
        && header.len() == record.len()
        && (0..header.len()).all(|at| is_same(header.get(at), record.get(at)))
}

impl Survey {
    /// Returns the last records, with those that a plan says are no rows.
    pub(super) fn last(&mut self) -> &[(Place, Record)] {
        self.last.make_contiguous()
    }

    fn add(&mut self, fit: Fit, place: &Place, record: &Record, shape: &Shape, short_before: &mut Option<usize>) {
        match fit {
            Fit::Short => self.short.add(place.line),
            Fit::LongEmpty => self.long_empty.add(place.line),
            _ => {}
        }
        if fit == Fit::Whole && record.get(shape.named - 1).is_none_or(|cell| cell.trim().is_empty()) {
            self.whole_without_last += 1;
        }
        if fit == Fit::Whole && record.get(0).is_some_and(is_total) {
            self.totals.add(place.line);
        }
        let is_pair = fit == Fit::Short && short_before.is_some_and(|before| before + record.len() == shape.named + 1);
        self.pairs_of_short += u64::from(is_pair);
        *short_before = (fit == Fit::Short && !is_pair).then_some(record.len());
    }

    fn conclude(&mut self, header: Option<&Record>, shape: &Shape) {
        let rows = self.records - self.header_again.count;
        let is_general = |short: u64| short >= 2 && short * 100 >= rows * SHORT_PERCENT_MIN;
        // A program that leaves out empty cells at the end does so in each row; one that cuts rows in two leaves pairs.
        let leaves_out = self.whole_without_last == 0 && self.pairs_of_short * 2 < self.short.count;
        let Tail { footers, doubtful_total } =
            find_footers(self.last.make_contiguous(), shape, leaves_out && is_general(self.short.count));
        // Only those that were counted as such.
        let is_short = |(place, record): &(Place, Record)| {
            fit_of(place, record, shape) == Fit::Short && !header.is_some_and(|header| is_header(header, record))
        };
        let short_below = self.last.iter().rev().take(footers).filter(|last| is_short(last)).count() as u64;
        let ends_short = self.last.iter().rev().nth(footers).is_some_and(is_short);
        self.footers = footers as u64;
        self.doubtful_total = doubtful_total;
        self.short.count -= short_below;
        self.accepts_short = leaves_out && is_general(self.short.count) && (!ends_short || self.short.count > 2);
    }
}

impl Letters {
    fn add(&mut self, record: &Record, line: u64) {
        if record.as_slice().is_ascii() {
            return;
        }
        for cell in record.iter().filter(|cell| !cell.is_ascii()) {
            self.beyond_ascii.0 += 1;
            if self.beyond_ascii.0 == 1 {
                self.beyond_ascii.1 = word_with(cell, |letter| !letter.is_ascii());
            }
            if cell.contains(is_damage) {
                self.damaged.0 += 1;
                if self.damaged.0 == 1 {
                    (self.damaged.1, self.damaged.2) = (line, word_with(cell, is_damage));
                }
            }
        }
    }
}

fn is_damage(letter: char) -> bool {
    matches!(letter, '\u{FFFD}' | '\u{80}'..='\u{9F}')
}

/// Returns the first word of a cell that has such a letter; controls are shown by their number.
fn word_with(cell: &str, is_wanted: impl Fn(char) -> bool) -> String {
    let word = cell.split_whitespace().find(|word| word.contains(&is_wanted)).unwrap_or(cell);
    let shown =
        |letter: char| if letter.is_control() { letter.escape_unicode().to_string() } else { letter.to_string() };
    word.chars().take(40).map(shown).collect()
}
