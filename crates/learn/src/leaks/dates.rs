//! Dates: against the moment as of which rows are scored, against each other, and lengths of time between them.

use plumb_lead::{Column, Table, Values};

use super::evidence::Evidence;
use super::input::LeakInput;
use super::log_odds::log_odds_alone;
use super::names;
use super::report::LeakKind;
use super::roc::Roc;

const MICROSECONDS_PER_DAY: f64 = 86_400e6;

/// A date is after creation if it lies so many days after it: two systems may write the same moment a little apart.
const AFTER_DAYS: f64 = 0.05;

/// A date lies after creation if this share of its values does.
const AFTER_SHARE: f64 = 0.5;

/// A date after creation is suspected if it, or that it is there, ranks rows with this AUC at the lower end.
const AUC_AFTER: f64 = 0.65;

/// Two dates give the outcome if their difference ranks rows with this AUC at the lower end...
const AUC_PAIR: f64 = 0.72;

/// ...and so much better than either alone.
const PAIR_GAIN: f64 = 0.08;

/// Numbers of days since 1970 and of spreadsheets lie in this range for all years from 1990 to 2064.
const DAY_NUMBERS: std::ops::RangeInclusive<f32> = 7_305.0..=60_000.0;

/// A number is a length of time between two dates if it differs from it by at most so many days in nearly all rows.
const LENGTH_TOLERANCE: f64 = 1.01;

/// The share of rows in which it has to.
const LENGTH_SHARE: f64 = 0.95;

/// With fewer rows that have both nothing is said of two columns.
const PAIR_ROWS_MIN: usize = 50;

/// A column of dates, in days; NaN is missing.
#[derive(Clone, Debug)]
pub(super) struct Dates {
    pub(super) name: String,
    pub(super) days: Vec<f64>,
}

/// The moment as of which rows are scored, and the name of its column if it is one.
pub(super) struct Creation {
    pub(super) name: Option<String>,
    pub(super) days: Vec<f64>,
}

/// Returns the columns of dates, those rows only: the timestamps, and numbers of the table that are
/// numbers of days by name and size.
pub(super) fn of_input(input: &LeakInput, rows: &[usize]) -> Vec<Dates> {
    let timestamps = input
        .timestamps
        .iter()
        .map(|(name, values)| Dates { name: name.clone(), days: rows.iter().map(|row| days(values[*row])).collect() });
    let numbers = input.table.columns().iter().filter_map(|column| {
        let Values::Number(values) = &column.values else { return None };
        let has_twin = input.timestamps.iter().any(|(name, _)| *name == column.name);
        let present = || values.iter().filter(|value| !value.is_nan());
        let all_fit = present().next().is_some() && present().all(|value| DAY_NUMBERS.contains(value));
        (!has_twin && all_fit && names::is_date(&column.name)).then(|| Dates {
            name: column.name.clone(),
            days: rows.iter().map(|row| f64::from(values[*row])).collect(),
        })
    });
    timestamps.chain(numbers).collect()
}

/// Returns the moment as of which rows are scored: that of the input, or the dates whose name says creation.
pub(super) fn creation(input: &LeakInput, dates: &[Dates], rows: &[usize]) -> Option<Creation> {
    if let Some(created_at) = input.created_at {
        let days: Vec<f64> = rows.iter().map(|row| days(created_at[*row])).collect();
        let name = dates.iter().find(|other| are_same(&other.days, &days)).map(|other| other.name.clone());
        return Some(Creation { name, days });
    }
    let named = dates.iter().find(|dates| names::is_creation(&dates.name))?;
    Some(Creation { name: Some(named.name.clone()), days: named.days.clone() })
}

/// Returns a date as a number that a model can use: the days after creation, or since 1970 if it is not known.
pub(super) fn as_column(dates: &Dates, creation: Option<&Creation>) -> Column {
    let is_creation = creation.is_some_and(|creation| creation.name.as_ref() == Some(&dates.name));
    let values = match creation {
        Some(creation) if !is_creation => difference(&dates.days, &creation.days),
        _ => dates.days.clone(),
    };
    number(&dates.name, &values)
}

/// Returns what speaks against a date: that it lies after creation.
pub(super) fn after_creation(dates: &Dates, creation: &Creation, labels: &[bool]) -> Option<Evidence> {
    if creation.name.as_ref() == Some(&dates.name) {
        return None;
    }
    let after = difference(&dates.days, &creation.days);
    let present: Vec<f64> = after.iter().copied().filter(|days| !days.is_nan()).collect();
    let late = present.iter().filter(|days| **days > AFTER_DAYS).count();
    if present.is_empty() || (late as f64) < AFTER_SHARE * present.len() as f64 {
        return None;
    }
    let presence: Vec<f32> = after.iter().map(|days| f32::from(u8::from(!days.is_nan()))).collect();
    let (shown, told) = (alone(&Values::Flag(presence), labels), alone(&number("", &after).values, labels));
    let why = format!(
        "it lies after the creation in {late} of {} rows that have it: alone it ranks rows with an AUC of {:.2}",
        present.len(),
        told.auc
    );
    let is_told = shown.auc_low().max(told.auc_low()) >= AUC_AFTER;
    let level = if is_told { Evidence::suspect } else { Evidence::ask };
    Some(level(LeakKind::AfterCreation, why))
}

/// Returns the dates that give the outcome with another one: the later one of each pair, with the other's name.
pub(super) fn pairs(dates: &[Dates], creation: Option<&Creation>, labels: &[bool]) -> Vec<(String, String, Evidence)> {
    let alone_aucs: Vec<f64> = dates.iter().map(|dates| alone(&number("", &dates.days).values, labels).auc).collect();
    let mut found = Vec::new();
    for (first, left) in dates.iter().enumerate() {
        for (second, right) in dates.iter().enumerate().skip(first + 1) {
            let is_creation = |dates: &Dates| creation.is_some_and(|known| known.name.as_ref() == Some(&dates.name));
            let between = difference(&right.days, &left.days);
            let known: Vec<f64> = between.iter().copied().filter(|days| !days.is_nan()).collect();
            if known.len() < PAIR_ROWS_MIN {
                continue;
            }
            let roc = alone(&number("", &between).values, labels);
            let best = alone_aucs[first].max(alone_aucs[second]);
            if roc.auc_low() < AUC_PAIR || roc.auc < best + PAIR_GAIN {
                continue;
            }
            let mean = known.iter().sum::<f64>() / known.len() as f64;
            // How long before creation something was is known then.
            if (is_creation(left) && mean < 0.0) || (is_creation(right) && mean > 0.0) {
                continue;
            }
            let right_is_later = if is_creation(left) || is_creation(right) { is_creation(left) } else { mean >= 0.0 };
            let (late, early) = if right_is_later { (right, left) } else { (left, right) };
            let why = format!(
                "the time between it and `{}` ranks rows with an AUC of {:.2}, and neither alone with more than {best:.2}",
                early.name, roc.auc
            );
            found.push((late.name.clone(), early.name.clone(), Evidence::suspect(LeakKind::DatePair, why)));
        }
    }
    found
}

/// Returns the numbers of a table that are the time from one date to another one, with the names of both. `late` are dates
/// that are known to be late.
pub(super) fn lengths(table: &Table, dates: &[Dates], late: &[String]) -> Vec<(String, Evidence)> {
    let mut found = Vec::new();
    for column in table.columns() {
        let Values::Number(values) = &column.values else { continue };
        let length = dates.iter().filter(|to| late.contains(&to.name) && to.name != column.name).find_map(|to| {
            let from = dates.iter().find(|from| from.name != to.name && is_length(values, from, to))?;
            Some((from, to))
        });
        if let Some((from, to)) = length {
            let why = format!("it is the time from `{}` to `{}`, which is known late", from.name, to.name);
            found.push((column.name.clone(), Evidence::suspect(LeakKind::DurationAtClosing, why)));
        }
    }
    found
}

fn is_length(values: &[f32], from: &Dates, to: &Dates) -> bool {
    let between = difference(&to.days, &from.days);
    let known: Vec<(f64, f64)> = values
        .iter()
        .zip(&between)
        .filter(|(value, days)| !value.is_nan() && !days.is_nan())
        .map(|(value, days)| (f64::from(*value), *days))
        .collect();
    let spread = known.iter().map(|(_, days)| *days).fold(f64::NEG_INFINITY, f64::max)
        - known.iter().map(|(_, days)| *days).fold(f64::INFINITY, f64::min);
    // In days, hours, minutes or seconds.
    known.len() >= PAIR_ROWS_MIN
        && spread > 10.0 * LENGTH_TOLERANCE
        && [1.0, 24.0, 1_440.0, 86_400.0].into_iter().any(|unit| {
            let near = known.iter().filter(|(value, days)| (value / unit - days).abs() <= LENGTH_TOLERANCE).count();
            near as f64 >= LENGTH_SHARE * known.len() as f64
        })
}

fn alone(values: &Values, labels: &[bool]) -> Roc {
    Roc::new(&log_odds_alone(values, labels), labels)
}

fn number(name: &str, days: &[f64]) -> Column {
    Column { name: name.to_owned(), values: Values::Number(days.iter().map(|days| *days as f32).collect()) }
}

fn difference(of: &[f64], less: &[f64]) -> Vec<f64> {
    of.iter().zip(less).map(|(of, less)| of - less).collect()
}

fn days(microseconds: i64) -> f64 {
    if microseconds == i64::MIN { f64::NAN } else { microseconds as f64 / MICROSECONDS_PER_DAY }
}

fn are_same(left: &[f64], right: &[f64]) -> bool {
    left.iter().zip(right).all(|(left, right)| left.to_bits() == right.to_bits())
}
