//! Rows that are unlike the others, with the reasons: the sum over columns of how surprising each value is, beyond what is
//! usual in its column.
//!
//! A word is as surprising as it is rare (-log of its share), a number as it is far from the median (the log of its distance
//! over the median distance), a missing value as missing is rare. Of each column the surprise that one row in a hundred
//! exceeds is subtracted, so that a column in which everything is rare surprises nobody.

use std::collections::HashMap;

use super::gathered::TableStatistics;
use super::quantiles::{quantile, sorted};
use crate::gather::{Column, DAY, Facts, MISSING_TIME, SampleValues};
use crate::outcome::{Anomalies, AnomalousRow, ColumnKind};
use crate::sketch::{Counted, MISSING};
use crate::wording;

const ROWS_SHOWN: usize = 20;
const REASONS_SHOWN: usize = 4;

/// One row in so many is expected to be beyond what is usual.
const USUAL: f64 = 0.99;

/// What one value adds at most: a single wild number is a reason, and not ten.
const SURPRISE_MAX: f64 = 8.0;

/// A row is listed if its surprise is at least this: one in about 150 of what is usual already.
const SURPRISE_MIN: f64 = 5.0;

/// With fewer rows nothing is usual.
const ROWS_MIN: usize = 50;

/// A normal distribution's standard deviation over the median distance from its median.
const TO_DEVIATION: f64 = 1.4826;

/// How surprising the values of a column are.
struct Surprise {
    /// What of a row's value is beyond the usual, in nats.
    of_row: Vec<f32>,
    middle: f64,
    spread: f64,
}

/// Returns the most surprising rows of the sample.
pub(super) fn anomalies(table: &TableStatistics) -> Anomalies {
    let rows = table.lines.len();
    let mut anomalies = Anomalies { rows: rows as u64, found: Vec::new() };
    if rows < ROWS_MIN {
        return anomalies;
    }
    let surprises: Vec<Option<Surprise>> = table.columns.iter().map(|column| surprise(table, column)).collect();
    let mut totals = vec![0.0_f32; rows];
    for surprise in surprises.iter().flatten() {
        totals.iter_mut().zip(&surprise.of_row).for_each(|(total, surprise)| *total += surprise);
    }
    let mut order: Vec<usize> = (0..rows).filter(|row| f64::from(totals[*row]) >= SURPRISE_MIN).collect();
    order.sort_by(|one, other| totals[*other].total_cmp(&totals[*one]).then(one.cmp(other)));
    order.truncate(ROWS_SHOWN);
    anomalies.found = order.into_iter().map(|row| explained(table, &surprises, row, totals[row])).collect();
    anomalies
}

fn surprise(table: &TableStatistics, column: &Column) -> Option<Surprise> {
    let missing_share = column.missing as f64 / table.rows.max(1) as f64;
    let of_missing = -missing_share.ln();
    let (raw, middle, spread) = match (&column.sample, &column.facts) {
        (SampleValues::Text(hashes, _), Facts::Text(facts)) if column.kind == ColumnKind::Category => {
            if !facts.counts.is_exact() {
                return None;
            }
            let counts: HashMap<u64, u64> =
                facts.counts.most_frequent().into_iter().map(|Counted { hash, count, .. }| (hash, count)).collect();
            let of_word = |hash: &u64| match counts.get(hash) {
                Some(count) => -(*count as f64 / table.rows as f64).ln(),
                None if *hash == MISSING => of_missing,
                None => 0.0,
            };
            (hashes.iter().map(of_word).collect::<Vec<f64>>(), 0.0, 0.0)
        }
        (SampleValues::Text(hashes, lengths), _) if column.kind == ColumnKind::Text => {
            let length = |(hash, length): (&u64, &u32)| if *hash == MISSING { f64::NAN } else { f64::from(*length) };
            distances(&hashes.iter().zip(lengths).map(length).collect::<Vec<f64>>(), of_missing)?
        }
        (SampleValues::Text(..), _) => return None,
        (SampleValues::Number(values), Facts::Flag(yes, no)) => {
            let nats = |count: u64| -(count as f64 / table.rows as f64).ln();
            let (yes, no) = (nats(*yes), nats(*no));
            let of_flag = |value: &f64| {
                if value.is_nan() {
                    of_missing
                } else if *value != 0.0 {
                    yes
                } else {
                    no
                }
            };
            (values.iter().map(of_flag).collect(), 0.0, 0.0)
        }
        (SampleValues::Number(values), _) => distances(values, of_missing)?,
        (SampleValues::Time(values), _) => {
            let days = |time: &i64| if *time == MISSING_TIME { f64::NAN } else { *time as f64 / DAY as f64 };
            distances(&values.iter().map(days).collect::<Vec<f64>>(), of_missing)?
        }
    };
    let usual = quantile(&sorted(raw.iter().copied()), USUAL)?;
    let beyond = |surprise: &f64| (surprise - usual).clamp(0.0, SURPRISE_MAX) as f32;
    Some(Surprise { of_row: raw.iter().map(beyond).collect(), middle, spread })
}

/// The surprise of numbers: twice the log of their distance from the median in robust standard deviations, from one on.
fn distances(values: &[f64], of_missing: f64) -> Option<(Vec<f64>, f64, f64)> {
    let middle = quantile(&sorted(values.iter().copied()), 0.5)?;
    let distances = sorted(values.iter().map(|value| (value - middle).abs()));
    // Where more than half of the numbers are the same, the others say how far is far.
    let spread =
        [0.5, 0.9, 0.99].into_iter().filter_map(|share| quantile(&distances, share)).find(|spread| *spread > 0.0)?;
    let spread = TO_DEVIATION * spread;
    let nats = |value: &f64| {
        if value.is_nan() { of_missing } else { 2.0 * ((value - middle).abs() / spread).max(1.0).ln() }
    };
    Some((values.iter().map(nats).collect(), middle, spread))
}

fn explained(table: &TableStatistics, surprises: &[Option<Surprise>], row: usize, total: f32) -> AnomalousRow {
    let mut reasons: Vec<(f32, String)> = table
        .columns
        .iter()
        .zip(surprises)
        .filter_map(|(column, surprise)| {
            let surprise = surprise.as_ref()?;
            let beyond = *surprise.of_row.get(row)?;
            (beyond > 0.0).then(|| (beyond, reason(table, column, surprise, row)))
        })
        .collect();
    reasons.sort_by(|one, other| other.0.total_cmp(&one.0));
    AnomalousRow {
        line: table.lines[row],
        surprise: f64::from(total),
        reasons: reasons.into_iter().take(REASONS_SHOWN).map(|(_, reason)| reason).collect(),
    }
}

fn reason(table: &TableStatistics, column: &Column, surprise: &Surprise, row: usize) -> String {
    let name = &column.name;
    let of_rows = |count: u64| format!("as in {} of {} rows", wording::count(count), wording::count(table.rows));
    if column.is_missing(row) {
        return format!("`{name}` is missing, {}", of_rows(column.missing));
    }
    let times = |value: f64| wording::number(((value - surprise.middle).abs() / surprise.spread * 10.0).round() / 10.0);
    match (&column.sample, &column.facts) {
        (SampleValues::Number(values), Facts::Flag(yes, no)) => {
            let (word, count) = if values[row] != 0.0 { ("yes", *yes) } else { ("no", *no) };
            format!("`{name}` is {word}, {}", of_rows(count))
        }
        (SampleValues::Number(values), _) => format!(
            "`{name}` is {}, {} times the usual spread from {}",
            wording::number(values[row]),
            times(values[row]),
            wording::number(surprise.middle)
        ),
        (SampleValues::Time(values), _) => format!(
            "`{name}` is {}, far from {}",
            wording::timestamp(values[row]),
            wording::timestamp((surprise.middle * DAY as f64) as i64)
        ),
        (SampleValues::Text(hashes, _), Facts::Text(facts)) if column.kind == ColumnKind::Category => {
            let counted = facts.counts.most_frequent().into_iter().find(|counted| counted.hash == hashes[row]);
            counted.map_or_else(String::new, |counted| {
                format!("`{name}` is `{}`, {}", wording::short(&counted.text), of_rows(counted.count))
            })
        }
        (SampleValues::Text(_, lengths), _) => format!(
            "`{name}` has {} characters, usually about {}",
            wording::count(u64::from(lengths[row])),
            wording::number(surprise.middle)
        ),
    }
}
