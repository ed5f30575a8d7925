//! One column while its rows stream by: what is summed up over all rows, and its part of the sample.

use plumb_tables::{ColumnPlan, ColumnReading, ColumnValues, Texts};

use super::number::NumberFacts;
use super::text::{TextFacts, length_of};
use super::time::{MISSING_TIME, TimeFacts};
use crate::error::Error;
use crate::outcome::ColumnKind;
use crate::sketch::{DistinctCounter, MISSING, Pick, RowKey, hash_of_bits, hash_of_text, mix_into};

/// One column while its rows stream by.
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: ColumnKind,
    /// The words of yes and no, if it is a flag.
    pub(crate) words: (Vec<String>, Vec<String>),
    pub(crate) missing: u64,
    pub(crate) distinct: DistinctCounter,
    pub(crate) facts: Facts,
    pub(crate) sample: SampleValues,
    hashes: Vec<u64>,
}

/// What is summed up over all rows.
pub(crate) enum Facts {
    /// Numbers.
    Number(NumberFacts),
    /// Rows with yes, and with no.
    Flag(u64, u64),
    /// Timestamps.
    Time(TimeFacts),
    /// Words and texts.
    Text(Box<TextFacts>),
}

/// The values of a column in the sample.
#[derive(Clone, Debug)]
pub(crate) enum SampleValues {
    /// Numbers and flags; NaN is missing.
    Number(Vec<f64>),
    /// Timestamps in microseconds; [`MISSING_TIME`] is missing.
    Time(Vec<i64>),
    /// Hashes of texts, [`MISSING`] among them, and lengths in characters.
    Text(Vec<u64>, Vec<u32>),
}

impl Column {
    /// Returns a column without rows. A column that is ignored has no place in blocks, and none here.
    pub(crate) fn new(plan: &ColumnPlan) -> Column {
        let kind = match plan.reading {
            ColumnReading::Number(_) => ColumnKind::Number,
            ColumnReading::Flag { .. } => ColumnKind::Flag,
            ColumnReading::Timestamp { .. } => ColumnKind::Timestamp,
            ColumnReading::Category => ColumnKind::Category,
            ColumnReading::Identifier => ColumnKind::Identifier,
            ColumnReading::Text | ColumnReading::Ignored { .. } => ColumnKind::Text,
        };
        let words = match &plan.reading {
            ColumnReading::Flag { yes, no } => (yes.clone(), no.clone()),
            _ => Default::default(),
        };
        let (facts, sample) = match kind {
            ColumnKind::Number => (Facts::Number(NumberFacts::default()), SampleValues::Number(Vec::new())),
            ColumnKind::Flag => (Facts::Flag(0, 0), SampleValues::Number(Vec::new())),
            ColumnKind::Timestamp => (Facts::Time(TimeFacts::default()), SampleValues::Time(Vec::new())),
            ColumnKind::Category | ColumnKind::Identifier | ColumnKind::Text => {
                (Facts::Text(Box::new(TextFacts::new())), SampleValues::Text(Vec::new(), Vec::new()))
            }
        };
        let distinct = DistinctCounter::new();
        Column { name: plan.name.clone(), kind, words, missing: 0, distinct, facts, sample, hashes: Vec::new() }
    }

    /// Adds the values of a block, and their hashes to those of its rows. `now` is in microseconds.
    pub(crate) fn add(
        &mut self,
        values: &ColumnValues,
        lines: &[u64],
        picks: &[Pick],
        now: i64,
        keys: &mut [RowKey],
    ) -> Result<(), Error> {
        self.hash(values);
        if self.hashes.len() != lines.len() {
            return Err(self.misfit());
        }
        for (hash, key) in self.hashes.iter().zip(keys) {
            mix_into(key, *hash);
            if *hash == MISSING {
                self.missing += 1;
            } else {
                self.distinct.add(*hash);
            }
        }
        match (&mut self.facts, &mut self.sample, values) {
            (Facts::Number(facts), SampleValues::Number(sample), ColumnValues::Number(values)) => {
                facts.add(values, lines);
                take(sample, picks, |row| values[row]);
            }
            (Facts::Flag(yes, no), SampleValues::Number(sample), ColumnValues::Flag(values)) => {
                *yes += values.iter().filter(|value| **value != 0.0 && !value.is_nan()).count() as u64;
                *no += values.iter().filter(|value| **value == 0.0).count() as u64;
                take(sample, picks, |row| f64::from(values[row]));
            }
            (Facts::Time(facts), SampleValues::Time(sample), ColumnValues::Timestamp(values)) => {
                facts.add(values, lines, now);
                take(sample, picks, |row| values[row]);
            }
            (Facts::Text(facts), SampleValues::Text(hashes, lengths), ColumnValues::Text(texts)) => {
                facts.add(texts, &self.hashes);
                take(hashes, picks, |row| self.hashes[row]);
                take(lengths, picks, |row| length_in(texts, row));
            }
            _ => return Err(self.misfit()),
        }
        Ok(())
    }

    /// Puts the rows of the sample in this order.
    pub(crate) fn order_sample(&mut self, order: &[usize]) {
        match &mut self.sample {
            SampleValues::Number(values) => reorder(values, order),
            SampleValues::Time(values) => reorder(values, order),
            SampleValues::Text(hashes, lengths) => {
                reorder(hashes, order);
                reorder(lengths, order);
            }
        }
    }

    /// Returns whether the column is missing in a row of the sample.
    pub(crate) fn is_missing(&self, row: usize) -> bool {
        match &self.sample {
            SampleValues::Number(values) => values[row].is_nan(),
            SampleValues::Time(values) => values[row] == MISSING_TIME,
            SampleValues::Text(hashes, _) => hashes[row] == MISSING,
        }
    }

    /// Returns the numbers of the sample: numbers, flags as 0 and 1, times in days; NaN is missing.
    pub(crate) fn sample_numbers(&self) -> Option<Vec<f64>> {
        match &self.sample {
            SampleValues::Number(values) => Some(values.clone()),
            SampleValues::Time(values) => Some(values.iter().map(|value| days(*value)).collect()),
            SampleValues::Text(..) => None,
        }
    }

    fn hash(&mut self, values: &ColumnValues) {
        self.hashes.clear();
        match values {
            ColumnValues::Number(values) => self.hashes.extend(values.iter().map(|value| hash_of_number(*value))),
            ColumnValues::Flag(values) => {
                self.hashes.extend(values.iter().map(|value| hash_of_number(f64::from(*value))));
            }
            ColumnValues::Timestamp(values) => self.hashes.extend(
                values.iter().map(|value| if *value == MISSING_TIME { MISSING } else { hash_of_bits(*value as u64) }),
            ),
            ColumnValues::Text(texts) => {
                self.hashes.extend(texts.iter().map(|text| text.map_or(MISSING, hash_of_text)))
            }
        }
    }

    fn misfit(&self) -> Error {
        Error::Block {
            place: 0,
            expected: format!("`{}`, a {}, with a value for each row", self.name, self.kind.word()),
        }
    }
}

fn hash_of_number(value: f64) -> u64 {
    // -0 is 0.
    if value.is_nan() { MISSING } else { hash_of_bits((value + 0.0).to_bits()) }
}

fn length_in(texts: &Texts, row: usize) -> u32 {
    texts.get(row).map_or(0, |text| u32::try_from(length_of(text)).unwrap_or(u32::MAX))
}

fn days(microseconds: i64) -> f64 {
    if microseconds == MISSING_TIME { f64::NAN } else { microseconds as f64 / super::time::DAY as f64 }
}

fn take<T>(sample: &mut Vec<T>, picks: &[Pick], value: impl Fn(usize) -> T) {
    for pick in picks {
        match sample.get_mut(pick.slot) {
            Some(place) => *place = value(pick.row),
            None => sample.push(value(pick.row)),
        }
    }
}

fn reorder<T: Copy>(values: &mut Vec<T>, order: &[usize]) {
    *values = order.iter().map(|row| values[*row]).collect();
}
