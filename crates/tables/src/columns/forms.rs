//! Evidence of what the cells of a column are: numbers, dates, spellings of missing, or something else.

use super::date::{self, DMY, MDY, WrittenDate, YMD};
use super::distinct::{Bounds, Counted, Distinct};
use super::identifiers::IdForms;
use super::missing::means_missing;
use super::number::{self, AMBIGUOUS_POINT, Written, mark};
use super::range::Range;
use super::units::unit_key;
use crate::plan::DateOrder;

/// Cells that are nothing known are listed, up to this many different ones.
const ODD_BOUNDS: Bounds = Bounds { words_max: 256, bytes_max: 16 << 10 };
/// From so many cells on, a column of which most are texts is not looked at as numbers and dates any longer.
const HOPELESS_FROM: u64 = 4_096;
/// Different units that are listed.
const UNITS_MAX: usize = 8;

/// What the cells of a column are.
#[derive(Clone, Debug)]
pub(crate) struct Forms {
    /// Cells that are there.
    pub(crate) present: u64,
    /// Numbers, by the set of forms under which each is one.
    pub(crate) numbers: Vec<u64>,
    /// Numbers that have each mark, and the first of them.
    pub(crate) marks: [Seen; mark::COUNT],
    /// Units, each with its key; more than are listed make the column no number.
    pub(crate) units: Vec<(String, String, u64)>,
    pub(crate) units_are_many: bool,
    /// Whole numbers without separators from 1,000 on, and below.
    pub(crate) ungrouped_from_1000: u64,
    pub(crate) below_1000: u64,
    /// Whole numbers with a fraction of zero: `1001.0`.
    pub(crate) zero_fractions: u64,
    /// Zeros.
    pub(crate) zeros: u64,
    /// The values of plain numbers.
    pub(crate) plain: Range,
    /// Digits of the whole numbers: the fewest, the most.
    pub(crate) digits: (usize, usize),
    /// Whole numbers that are a day: `20260301`.
    pub(crate) compact_days: u64,
    /// Dates, by the set of orders under which each is one.
    pub(crate) dates: [u64; 8],
    pub(crate) date_marks: DateMarks,
    /// The moments under the first order that each has.
    pub(crate) moments: Range,
    /// Spellings of missing.
    pub(crate) missing: Distinct,
    /// Cells that are nothing of these, the first different ones listed.
    pub(crate) odd: u64,
    pub(crate) odd_words: Distinct,
    pub(crate) odd_is_many: bool,
    /// Of cells that are no numbers and no dates.
    pub(crate) ids: IdForms,
    /// An example of a number with a separator that could be either, and of one that is not plain.
    pub(crate) example_ambiguous: Option<String>,
    pub(crate) example: Option<String>,
    /// Bytes of all cells.
    pub(crate) bytes: u64,
}

/// How many cells have something, and the first of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) count: u64,
    pub(crate) example: Option<String>,
}

/// What is remarkable about dates.
#[derive(Clone, Debug, Default)]
pub(crate) struct DateMarks {
    pub(crate) with_time: u64,
    pub(crate) with_zone: u64,
    pub(crate) short_year: u64,
    pub(crate) twelve_hours: u64,
    pub(crate) named: u64,
    /// Dates whose month is a word, by the bit of the order in which they are written.
    pub(crate) named_by_order: [u64; 3],
    /// The first dates that are not of year, month, day.
    pub(crate) example: Option<String>,
}

impl DateMarks {
    /// Returns the dates whose month is a word and that are written in this order.
    pub(crate) fn named_as(&self, order: date::Orders) -> u64 {
        self.named_by_order[order.trailing_zeros().min(2) as usize]
    }

    /// Returns those that are written in another.
    pub(crate) fn named_elsewhere(&self, order: date::Orders) -> u64 {
        self.named - self.named_as(order)
    }
}

impl Seen {
    pub(crate) fn see(&mut self, cell: &str, count: u64) {
        self.count += count;
        self.example.get_or_insert_with(|| cell.to_owned());
    }
}

impl Forms {
    pub(crate) fn new() -> Forms {
        Forms {
            present: 0,
            numbers: vec![0; 256],
            marks: Default::default(),
            units: Vec::new(),
            units_are_many: false,
            ungrouped_from_1000: 0,
            below_1000: 0,
            zero_fractions: 0,
            zeros: 0,
            plain: Range::numbers(),
            digits: (usize::MAX, 0),
            compact_days: 0,
            dates: [0; 8],
            date_marks: DateMarks::default(),
            moments: Range::moments(),
            missing: Distinct::new(ODD_BOUNDS),
            odd: 0,
            odd_words: Distinct::new(ODD_BOUNDS),
            odd_is_many: false,
            ids: IdForms::default(),
            example_ambiguous: None,
            example: None,
            bytes: 0,
        }
    }

    /// Takes note of so many equal cells that are there; `cell` is trimmed and not empty.
    pub(crate) fn see(&mut self, Counted { word: cell, count, line }: Counted<'_>) {
        self.present += count;
        self.bytes += cell.len() as u64 * count;
        if let Some(plain) = number::plain(cell.as_bytes()) {
            self.see_plain(cell, plain, count);
            return;
        }
        if means_missing(cell).is_some() {
            self.missing.add(cell, line, count);
            return;
        }
        if self.is_hopeless() {
            self.odd += count;
            self.ids.see(cell, count);
        } else if let Some(written) = number::scan(cell) {
            self.see_number(cell, &written, count);
        } else if let Some(date) = date::scan(cell) {
            self.see_date(cell, &date, count);
        } else {
            self.see_odd(cell, count, line);
        }
    }

    /// Returns the numbers.
    pub(crate) fn number_count(&self) -> u64 {
        self.numbers.iter().sum()
    }

    /// Returns the numbers that are one under a form.
    pub(crate) fn fitting(&self, form: number::Forms) -> u64 {
        self.numbers.iter().enumerate().filter(|(forms, _)| *forms as u8 & form != 0).map(|(_, count)| count).sum()
    }

    /// Returns the dates.
    pub(crate) fn date_count(&self) -> u64 {
        self.dates.iter().sum()
    }

    /// Returns the dates that are one under an order.
    pub(crate) fn dated(&self, order: date::Orders) -> u64 {
        self.dates.iter().enumerate().filter(|(orders, _)| *orders as u8 & order != 0).map(|(_, count)| count).sum()
    }

    /// Returns the cells that are spellings of missing.
    pub(crate) fn missing_count(&self) -> u64 {
        self.missing.iter().map(|word| word.count).sum()
    }

    /// Returns how many numbers have a mark.
    pub(crate) fn marked(&self, mark: u16) -> &Seen {
        &self.marks[mark.trailing_zeros() as usize]
    }

    fn is_hopeless(&self) -> bool {
        self.odd_is_many && self.present >= HOPELESS_FROM && self.odd * 2 > self.present
    }

    fn see_plain(&mut self, cell: &str, plain: number::Plain, count: u64) {
        self.numbers[usize::from(plain.forms)] += count;
        self.plain.see(plain.value, count);
        self.zeros += if plain.value == 0.0 { count } else { 0 };
        let has_zero_fraction = plain.forms == number::POINT_FORMS && plain.value.fract() == 0.0;
        self.zero_fractions += if has_zero_fraction { count } else { 0 };
        if plain.forms == number::ALL_FORMS {
            self.see_whole(cell, plain.value, count);
        } else if plain.forms == AMBIGUOUS_POINT && self.example_ambiguous.is_none() {
            self.example_ambiguous = Some(cell.to_owned());
        }
    }

    fn see_whole(&mut self, cell: &str, value: f64, count: u64) {
        let is_large = value.abs() >= 1_000.0;
        self.ungrouped_from_1000 += if is_large { count } else { 0 };
        self.below_1000 += if is_large { 0 } else { count };
        self.digits = (self.digits.0.min(cell.len()), self.digits.1.max(cell.len()));
        if cell.len() == 8 && date::compact(cell).is_some() {
            self.compact_days += count;
        }
    }

    fn see_number(&mut self, cell: &str, written: &Written<'_>, count: u64) {
        self.numbers[usize::from(written.forms)] += count;
        let is_ambiguous = matches!(written.forms, number::AMBIGUOUS_POINT | number::AMBIGUOUS_COMMA);
        if is_ambiguous && self.example_ambiguous.is_none() {
            self.example_ambiguous = Some(cell.to_owned());
        }
        if self.example.is_none() {
            self.example = Some(cell.to_owned());
        }
        if written.forms == number::ALL_FORMS {
            let digits = cell.bytes().filter(u8::is_ascii_digit).count();
            self.digits = (self.digits.0.min(digits), self.digits.1.max(digits));
            let is_large = written.value('.').is_none_or(|value| value.abs() >= 1_000.0);
            self.ungrouped_from_1000 += if is_large { count } else { 0 };
            self.below_1000 += if is_large { 0 } else { count };
        }
        for bit in 0..mark::COUNT {
            if written.marks & (1 << bit) != 0 {
                self.marks[bit].see(cell, count);
            }
        }
        if !written.unit.is_empty() {
            self.see_unit(written.unit, count);
        }
    }

    fn see_unit(&mut self, unit: &str, count: u64) {
        if let Some(known) = self.units.iter_mut().find(|known| known.0 == unit) {
            known.2 += count;
        } else if self.units.len() < UNITS_MAX {
            self.units.push((unit.to_owned(), unit_key(unit), count));
        } else {
            self.units_are_many = true;
        }
    }

    fn see_date(&mut self, cell: &str, date: &WrittenDate, count: u64) {
        self.dates[usize::from(date.orders)] += count;
        let marks = &mut self.date_marks;
        let counted = |is_so: bool| if is_so { count } else { 0 };
        marks.with_time += counted(date.clock.is_written);
        marks.with_zone += counted(date.clock.offset_minutes.is_some());
        marks.short_year += counted(date.short_year);
        marks.twelve_hours += counted(date.clock.is_twelve_hours);
        marks.named += counted(date.is_named);
        if date.is_named {
            marks.named_by_order[date.orders.trailing_zeros().min(2) as usize] += count;
        }
        if marks.example.is_none() && date.orders != YMD {
            marks.example = Some(cell.to_owned());
        }
        let first = [(YMD, DateOrder::YearMonthDay), (DMY, DateOrder::DayMonthYear), (MDY, DateOrder::MonthDayYear)]
            .into_iter()
            .find(|(bit, _)| date.orders & bit != 0);
        if let Some(micros) = first.and_then(|(_, order)| date.micros(order)) {
            self.moments.see(micros as f64, count);
        }
    }

    fn see_odd(&mut self, cell: &str, count: u64, line: u64) {
        self.odd += count;
        self.ids.see(cell, count);
        if !self.odd_is_many {
            self.odd_is_many = !self.odd_words.add(cell, line, count);
        }
    }
}
