//! Values that imply a class: copies of the target, pure values, rare flags, and presence for one class only.
//!
//! A value is compared with the base rate by its odds. By chance alone a rare value may be pure, and an honest value may be
//! strong; so the question is how likely its rows would be if its odds were the largest honest ones: 25 times the base
//! odds, or 6 times where not one row is of the other class (Fisher's exact question, put to a binomial). That chance is
//! compared with 1 % divided by the number of values in the table (Bonferroni).

use std::collections::BTreeMap;

use plumb_lead::{Column, MISSING_LEVEL, Values};

use super::evidence::Evidence;
use super::report::LeakKind;
use crate::chance::at_most;

/// The largest odds of an honest value, as a multiple of the base odds.
const HONEST_ODDS: f64 = 25.0;

/// The same for a value without any row of the other class.
const HONEST_ODDS_PURE: f64 = 6.0;

/// A value of a number is looked at by itself from so many rows on.
const NUMBER_ROWS_MIN: usize = 15;

/// A value with fewer rows is no evidence.
const VALUE_ROWS_MIN: usize = 6;

/// A value of at most this share of the rows is rare.
const RARE_SHARE: f64 = 0.05;

/// A copy of the target has at most so many values.
const COPY_VALUES_MAX: usize = 10;

/// A copy of the target has at least so many rows of each class.
const COPY_ROWS_MIN: usize = 20;

/// Values are named in a sentence up to this number.
const NAMED_MAX: usize = 3;

/// What a value is compared with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Base {
    /// The share of positives.
    pub(super) rate: f64,
    /// The largest chance at which a value is accused.
    pub(super) chance: f64,
}

/// The rows of a value, negative and positive.
type Counts = [usize; 2];

/// Returns how many values of a column are looked at.
pub(super) fn values_of(column: &Column) -> usize {
    match &column.values {
        Values::Category { levels, .. } => levels.len().min(column.values.len() / VALUE_ROWS_MIN) + 2,
        Values::Number(values) => (values.len() / NUMBER_ROWS_MIN).min(20) + 2,
        Values::Flag(_) => 4,
    }
}

/// Returns what a column's values say: a copy of the target, one class only, or pure values.
pub(super) fn pure_values(column: &Column, labels: &[bool], base: Base) -> Vec<Evidence> {
    let counted = counts(column, labels);
    if let Some(copy) = copy_of_target(&counted) {
        return vec![copy];
    }
    one_class(column, labels, base).into_iter().chain(implying(&counted, labels.len(), base)).collect()
}

/// Returns the class that so many rows imply, if no honest value would.
pub(super) fn implied(counts: Counts, base: Base) -> Option<bool> {
    let rows = counts[0] + counts[1];
    let class = counts[1] as f64 > base.rate * rows as f64;
    let others = counts[usize::from(!class)];
    let rate = if class { base.rate } else { 1.0 - base.rate };
    let largest = if others == 0 { HONEST_ODDS_PURE } else { HONEST_ODDS };
    let odds = largest * rate / (1.0 - rate);
    let others_rate = 1.0 / (1.0 + odds);
    (rows >= VALUE_ROWS_MIN && at_most(others, rows, others_rate) < base.chance).then_some(class)
}

/// The rows of each value that is there, by its text.
fn counts(column: &Column, labels: &[bool]) -> Vec<(String, Counts)> {
    let mut counts: BTreeMap<u32, Counts> = BTreeMap::new();
    for (row, label) in labels.iter().enumerate() {
        let key = match &column.values {
            Values::Category { codes, .. } => Some(codes[row]).filter(|code| *code != MISSING_LEVEL),
            Values::Number(values) | Values::Flag(values) => {
                Some(values[row]).filter(|value| !value.is_nan()).map(f32::to_bits)
            }
        };
        if let Some(key) = key {
            counts.entry(key).or_default()[usize::from(*label)] += 1;
        }
    }
    let text = |key: u32| match &column.values {
        Values::Category { levels, .. } => format!("`{}`", levels[key as usize]),
        Values::Number(_) => f32::from_bits(key).to_string(),
        Values::Flag(_) => if f32::from_bits(key) != 0.0 { "yes" } else { "no" }.to_owned(),
    };
    counts.into_iter().map(|(key, counts)| (text(key), counts)).collect()
}

/// A column whose few values each go with one class, in all rows in which it is known.
fn copy_of_target(counted: &[(String, Counts)]) -> Option<Evidence> {
    let is_pure = counted.iter().all(|(_, counts)| counts[0] == 0 || counts[1] == 0);
    let [negatives, positives] = counted.iter().fold([0, 0], |sum, (_, new)| [sum[0] + new[0], sum[1] + new[1]]);
    let is_copy = is_pure && counted.len() <= COPY_VALUES_MAX && positives.min(negatives) >= COPY_ROWS_MIN;
    is_copy.then(|| {
        let why = format!(
            "it is a copy of the target: each of its {} values goes with one class, in {positives} positive and \
             {negatives} negative rows",
            counted.len()
        );
        Evidence::suspect(LeakKind::CopyOfTarget, why)
    })
}

/// A column that is filled in only once a lead is won, or never for one that is.
fn one_class(column: &Column, labels: &[bool], base: Base) -> Option<Evidence> {
    let mut states = [[0, 0], [0, 0]];
    for (row, label) in labels.iter().enumerate() {
        states[usize::from(is_missing(&column.values, row))][usize::from(*label)] += 1;
    }
    if states.iter().any(|counts| counts[0] + counts[1] == 0) {
        return None;
    }
    ["present", "missing"].into_iter().zip(states).find_map(|(state, counts)| {
        let class = implied(counts, base)?;
        let (rows, others) = (counts[0] + counts[1], counts[usize::from(!class)]);
        let class = if class { "positive" } else { "negative" };
        let why = match others {
            0 => format!("all {rows} rows in which it is {state} are {class}"),
            others => format!("of {rows} rows in which it is {state}, all but {others} are {class}"),
        };
        Some(Evidence::suspect(LeakKind::OneClass, why))
    })
}

/// Values that imply a class.
fn implying(counted: &[(String, Counts)], rows: usize, base: Base) -> Option<Evidence> {
    let mut found: Vec<(&str, Counts, bool)> = counted
        .iter()
        .filter_map(|(text, counts)| implied(*counts, base).map(|class| (text.as_str(), *counts, class)))
        .collect();
    found.sort_by_key(|(_, counts, _)| std::cmp::Reverse(counts[0] + counts[1]));
    let rows_of = |counts: &Counts| counts[0] + counts[1];
    let all: usize = found.iter().map(|(_, counts, _)| rows_of(counts)).sum();
    let named: Vec<String> = found
        .iter()
        .take(NAMED_MAX)
        .map(|(text, counts, class)| {
            let word = if *class { "positive" } else { "negative" };
            format!("{} of {} rows with {text} are {word}", counts[usize::from(*class)], rows_of(counts))
        })
        .collect();
    let more = match found.len().saturating_sub(NAMED_MAX) {
        0 => String::new(),
        more => format!(", and {more} more values are as pure"),
    };
    let kind = if all as f64 <= RARE_SHARE * rows as f64 { LeakKind::Implication } else { LeakKind::PureValues };
    let base_rate = 100.0 * base.rate;
    (!found.is_empty()).then(|| {
        Evidence::suspect(kind, format!("{}{more}; of all rows {base_rate:.1} % are positive", named.join(", ")))
    })
}

/// Returns whether a value is missing.
pub(super) fn is_missing(values: &Values, row: usize) -> bool {
    match values {
        Values::Number(values) | Values::Flag(values) => values[row].is_nan(),
        Values::Category { codes, .. } => codes[row] == MISSING_LEVEL,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(rate: f64, counts: Counts, expected: Option<bool>) {
        assert_eq!(implied(counts, Base { rate, chance: 1e-4 }), expected, "{counts:?} at {rate}");
    }

    #[test]
    fn a_value_implies_a_class_if_no_honest_one_would_be_as_pure() {
        check(0.1, [0, 20], Some(true));
        check(0.1, [0, 7], None);
        check(0.1, [6, 14], None);
        check(0.4, [0, 60], Some(true));
        check(0.4, [50, 650], None);
        check(0.4, [5, 650], Some(true));
        // No positive among so few is nothing where positives are rare.
        check(0.05, [200, 0], None);
        check(0.05, [2_000, 0], Some(false));
    }
}
