//! Makes values of the cells of a column, by its plan.

use super::date::{self, counted_micros};
use super::evidence::trimmed;
use super::missing::is_same;
use super::number::{self, form_bit, mark};
use crate::block::{ColumnValues, Texts};
use crate::plan::{ColumnPlan, ColumnReading, DateOrder, NumberForm};

/// What became of a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cell<T> {
    /// A value.
    Value(T),
    /// Empty, or a spelling of missing.
    Missing,
    /// Neither.
    Unreadable,
}

/// Decodes the cells of one column by its plan, strictly.
#[derive(Clone, Debug)]
pub struct Decoder {
    reading: ColumnReading,
    merge_spellings: bool,
    forms: number::Forms,
    missing: Vec<(String, u64)>,
    /// Whether a spelling of missing could be read as a value, so that it has to be looked for first.
    missing_first: bool,
}

impl Decoder {
    /// Returns the decoder of a column.
    pub fn new(plan: &ColumnPlan) -> Decoder {
        let forms = match &plan.reading {
            // A form without a sign is one that no cell needs: whole numbers are the same in all of them.
            ColumnReading::Number(form) => match (form.decimal, form.thousands) {
                (Some(decimal), thousands) => form_bit(decimal, thousands),
                (None, Some(',')) => form_bit('.', Some(',')),
                (None, Some('.')) => form_bit(',', Some('.')),
                (None, thousands) => form_bit('.', thousands),
            },
            _ => 0,
        };
        let missing = plan.missing.iter().map(|spelling| (trimmed(spelling).to_owned(), 0)).collect();
        let mut decoder = Decoder {
            reading: plan.reading.clone(),
            merge_spellings: plan.merge_spellings,
            forms,
            missing,
            missing_first: false,
        };
        decoder.missing_first = plan.missing.iter().any(|spelling| decoder.has_value(trimmed(spelling)));
        decoder
    }

    /// Returns the spellings of missing with the cells of each so far.
    pub fn missing(&self) -> &[(String, u64)] {
        &self.missing
    }

    /// Decodes cells into values, one each; `unreadable` is told the place of each cell that is neither a value nor missing.
    /// `None` for a column that is left out.
    pub fn decode<'a>(
        &mut self,
        cells: impl Iterator<Item = &'a str>,
        mut unreadable: impl FnMut(usize, &str),
    ) -> Option<ColumnValues> {
        match self.reading.clone() {
            ColumnReading::Number(form) => {
                let read = |decoder: &mut Decoder, cell: &str| decoder.number(cell, &form);
                Some(ColumnValues::Number(self.each(cells, read, f64::NAN, &mut unreadable)))
            }
            ColumnReading::Flag { yes, no } => {
                let read = |decoder: &mut Decoder, cell: &str| decoder.flag(cell, &yes, &no);
                Some(ColumnValues::Flag(self.each(cells, read, f32::NAN, &mut unreadable)))
            }
            ColumnReading::Timestamp { order, days_only } => {
                let read = |decoder: &mut Decoder, cell: &str| decoder.timestamp(cell, order, days_only);
                Some(ColumnValues::Timestamp(self.each(cells, read, i64::MIN, &mut unreadable)))
            }
            ColumnReading::Category | ColumnReading::Identifier | ColumnReading::Text => {
                let mut texts = Texts::default();
                cells.for_each(|cell| self.text(cell, &mut texts));
                Some(ColumnValues::Text(texts))
            }
            ColumnReading::Ignored { .. } => None,
        }
    }

    fn each<'a, T: Copy>(
        &mut self,
        cells: impl Iterator<Item = &'a str>,
        mut read: impl FnMut(&mut Decoder, &str) -> Cell<T>,
        missing: T,
        unreadable: &mut impl FnMut(usize, &str),
    ) -> Vec<T> {
        cells
            .enumerate()
            .map(|(place, cell)| match read(self, trimmed(cell)) {
                Cell::Value(value) => value,
                Cell::Missing => missing,
                Cell::Unreadable => {
                    unreadable(place, cell);
                    missing
                }
            })
            .collect()
    }

    pub(crate) fn number(&mut self, cell: &str, form: &NumberForm) -> Cell<f64> {
        if !self.missing_first
            && !form.percent
            && let Some(value) = self.plain_number(cell, form)
        {
            return Cell::Value(value);
        }
        self.value_or_missing(cell, |decoder| {
            decoder
                .plain_number(cell, form)
                .filter(|value| !form.percent || *value == 0.0)
                .or_else(|| decoder.written_number(cell, form))
        })
    }

    fn plain_number(&self, cell: &str, form: &NumberForm) -> Option<f64> {
        let plain = number::plain(cell.as_bytes())?;
        let has_fraction = plain.forms != number::ALL_FORMS;
        (plain.forms & self.forms != 0 && !(has_fraction && form.decimal != Some('.'))).then_some(plain.value)
    }

    fn written_number(&self, cell: &str, form: &NumberForm) -> Option<f64> {
        let written = number::scan(cell)?;
        let allowed = |is_allowed: bool, mark: u16| is_allowed || written.marks & mark == 0;
        let has_fraction = written.forms & self.forms != 0 && form.decimal.is_none() && is_decimal_only(written.forms);
        let fits = written.forms & self.forms != 0
            && !has_fraction
            && written.marks & (mark::LEADING_ZERO | mark::BEYOND_EXACT) == 0
            && allowed(form.parentheses, mark::PARENTHESES)
            && allowed(form.trailing_minus, mark::TRAILING_MINUS)
            && allowed(form.percent, mark::PERCENT)
            && allowed(form.plus, mark::PLUS_AFTER)
            && allowed(form.scale, mark::SCALE)
            && (written.unit.is_empty() || form.units.iter().any(|unit| unit == written.unit));
        if !fits {
            return None;
        }
        let is_comma = self.forms & number::COMMA_FORMS != 0;
        let value = written.value(if is_comma { ',' } else { '.' })?;
        (!form.percent || written.marks & mark::PERCENT != 0 || value == 0.0).then_some(value)
    }

    fn flag(&mut self, cell: &str, yes: &[String], no: &[String]) -> Cell<f32> {
        let is_any = |words: &[String]| words.iter().any(|word| is_same(word, cell));
        if cell.is_empty() && no.iter().any(String::is_empty) {
            return Cell::Value(0.0);
        }
        self.value_or_missing(cell, |_| if is_any(yes) { Some(1.0) } else { is_any(no).then_some(0.0) })
    }

    fn timestamp(&mut self, cell: &str, order: DateOrder, days_only: bool) -> Cell<i64> {
        self.value_or_missing(cell, |_| moment(cell, order, days_only))
    }

    fn value_or_missing<T>(&mut self, cell: &str, read: impl FnOnce(&Decoder) -> Option<T>) -> Cell<T> {
        if cell.is_empty() || (self.missing_first && self.counts_as_missing(cell)) {
            return Cell::Missing;
        }
        match read(self) {
            Some(value) => Cell::Value(value),
            None if self.counts_as_missing(cell) => Cell::Missing,
            None => Cell::Unreadable,
        }
    }

    fn text(&mut self, cell: &str, texts: &mut Texts) {
        let cell = trimmed(cell);
        if cell.is_empty() || (!self.missing.is_empty() && self.counts_as_missing(cell)) {
            texts.push(None);
        } else if self.merge_spellings {
            texts.push(Some(&merged(cell)));
        } else {
            texts.push(Some(cell));
        }
    }

    fn counts_as_missing(&mut self, cell: &str) -> bool {
        match self.missing.iter_mut().find(|(spelling, _)| is_same(spelling, cell)) {
            Some((_, count)) => {
                *count += 1;
                true
            }
            None => false,
        }
    }

    fn has_value(&self, cell: &str) -> bool {
        match &self.reading {
            ColumnReading::Number(form) => {
                self.plain_number(cell, form).or_else(|| self.written_number(cell, form)).is_some()
            }
            ColumnReading::Flag { yes, no } => yes.iter().chain(no).any(|word| is_same(word, cell)),
            ColumnReading::Timestamp { order, days_only } => moment(cell, *order, *days_only).is_some(),
            _ => true,
        }
    }
}

/// Returns one spelling for all that differ by case and blanks only.
pub(crate) fn merged(word: &str) -> String {
    let mut merged = String::with_capacity(word.len());
    for part in word.split_whitespace() {
        if !merged.is_empty() {
            merged.push(' ');
        }
        merged.extend(part.chars().flat_map(char::to_lowercase));
    }
    merged
}

/// Returns the microseconds since 1970 of a cell.
pub(crate) fn moment(cell: &str, order: DateOrder, days_only: bool) -> Option<i64> {
    match order {
        DateOrder::SpreadsheetSerial | DateOrder::UnixSeconds | DateOrder::UnixMillis => {
            counted(cell).and_then(|value| counted_micros(value, order))
        }
        _ => match date::scan(cell) {
            Some(date) => date.micros(order).filter(|_| !days_only || !date.clock.is_written),
            None if order == DateOrder::YearMonthDay => date::compact(cell),
            None => None,
        },
    }
}

/// Reads a number as programs write it, with as many digits as they like.
pub(crate) fn counted(cell: &str) -> Option<f64> {
    let is_plain = || cell.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    match number::plain(cell.as_bytes()) {
        Some(plain) => Some(plain.value),
        None => cell.parse().ok().filter(|_| is_plain()),
    }
}

/// Whether a number under these forms has a fraction for certain.
fn is_decimal_only(forms: number::Forms) -> bool {
    forms == number::POINT_FORMS || forms == number::COMMA_FORMS
}
