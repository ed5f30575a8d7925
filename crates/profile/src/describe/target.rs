//! How columns go with the target: the rate by value or bin, and how well each column ranks rows alone.

use plumb_learn::metrics::auc;

use super::bins::{Bins, bins, months};
use super::gathered::TableStatistics;
use super::labels::Labels;
use super::share::{NORMAL, share, wilson};
use crate::error::Error;
use crate::gather::{Column, SampleValues};
use crate::outcome::{Bar, ColumnKind, Interval, RateOf, TargetProfile};

/// Bars of a column in the profile.
const NUMBER_BARS: usize = 10;
const WORD_BARS: usize = 15;

/// Bins by which a column ranks rows.
const RANK_BINS: usize = 100;

/// Rows are dealt to folds in turn; the rate of a row's bin is that of the other folds.
const FOLDS: usize = 5;

/// As many rows of the overall rate are mixed into the rate of each bin.
const SMOOTHING: f64 = 10.0;

/// Returns how the columns go with the target. `time` is the place of the column by which time is told.
pub(super) fn target(table: &TableStatistics, labels: &Labels, time: Option<usize>) -> Result<TargetProfile, Error> {
    let known = labels.known_rows();
    let truths: Vec<bool> = known.iter().map(|row| labels.is_positive(*row)).collect();
    let mut by_column = Vec::new();
    for (place, column) in table.columns.iter().enumerate() {
        if place == labels.column || column.kind == ColumnKind::Identifier {
            continue;
        }
        let auc = auc_alone(column, &known, &truths)?;
        by_column.push(RateOf {
            column: column.name.clone(),
            auc,
            auc_interval: auc_interval(auc, &truths),
            bars: bars(labels, &bins(column, bars_max(column))),
        });
    }
    by_column.sort_by(|one, other| other.auc.total_cmp(&one.auc));
    let by_month = time.map(|time| match &table.columns[time].sample {
        SampleValues::Time(values) => bars(labels, &months(values)),
        _ => Vec::new(),
    });
    let (rows, positive) = (known.len() as u64, labels.positive_rows());
    Ok(TargetProfile {
        column: table.columns[labels.column].name.clone(),
        positives: labels.positives.clone(),
        why: labels.why.clone(),
        rows,
        unknown: labels.unknown_rows(),
        rate: share(positive, rows),
        interval: wilson(positive, rows),
        by_column,
        by_month: by_month.unwrap_or_default(),
    })
}

fn bars_max(column: &Column) -> usize {
    match column.kind {
        ColumnKind::Number | ColumnKind::Timestamp => NUMBER_BARS,
        _ => WORD_BARS,
    }
}

fn bars(labels: &Labels, bins: &Bins) -> Vec<Bar> {
    let mut counts = vec![(0_u64, 0_u64); bins.names.len()];
    for (row, bin) in bins.of_row.iter().enumerate() {
        if let (Some(label), Some(count)) = (labels.label(row), counts.get_mut(*bin as usize)) {
            count.0 += 1;
            count.1 += u64::from(label);
        }
    }
    let bar = |(name, (rows, positives)): (&String, (u64, u64))| Bar {
        name: name.clone(),
        rows,
        positives,
        rate: share(positives, rows),
        interval: wilson(positives, rows),
    };
    bins.names.iter().zip(counts).filter(|(_, (rows, _))| *rows > 0).map(bar).collect()
}

/// How well a column alone ranks rows: by the rate of its bins in other rows, or as a number from low to high or from high
/// to low, whichever is better.
fn auc_alone(column: &Column, known: &[usize], truths: &[bool]) -> Result<f64, Error> {
    let bins = bins(column, RANK_BINS);
    let scores = rates_of_other_folds(&bins, known, truths);
    let mut best = auc(&scores, truths)?;
    if let Some(numbers) = column.sample_numbers() {
        let present = || known.iter().map(|row| numbers[*row]);
        // Rows without a number say nothing: they are put in the middle.
        let middle = super::quantiles::quantile(&super::quantiles::sorted(present()), 0.5).unwrap_or_default();
        let numbers: Vec<f64> = present().map(|number| if number.is_nan() { middle } else { number }).collect();
        let raw = auc(&numbers, truths)?;
        best = best.max(raw).max(1.0 - raw);
    }
    Ok(best.max(0.5))
}

fn rates_of_other_folds(bins: &Bins, known: &[usize], truths: &[bool]) -> Vec<f64> {
    let mut counts = vec![[(0.0, 0.0); FOLDS]; bins.names.len() + 1];
    let all = counts.len() - 1;
    let bin_of = |row: usize| bins.of_row[row] as usize;
    for (place, (row, truth)) in known.iter().zip(truths).enumerate() {
        for bin in [bin_of(*row), all] {
            counts[bin][place % FOLDS].0 += 1.0;
            counts[bin][place % FOLDS].1 += f64::from(u8::from(*truth));
        }
    }
    let others = |counts: &[(f64, f64); FOLDS], fold: usize| {
        let others = counts.iter().enumerate().filter(|(other, _)| *other != fold);
        others.fold((0.0, 0.0), |sum, (_, count)| (sum.0 + count.0, sum.1 + count.1))
    };
    let rates: Vec<[f64; FOLDS]> = counts
        .iter()
        .map(|of_bin| {
            std::array::from_fn(|fold| {
                let (rows, positives) = others(&counts[all], fold);
                let rate = (positives + 0.5) / (rows + 1.0);
                let (rows, positives) = others(of_bin, fold);
                // The overall rate differs a little between folds: only what the bin adds to it may rank rows.
                (positives + SMOOTHING * rate) / (rows + SMOOTHING) - rate
            })
        })
        .collect();
    known.iter().enumerate().map(|(place, row)| rates[bin_of(*row)][place % FOLDS]).collect()
}

/// The 95 % interval of an AUC (Hanley and McNeil, 1982).
fn auc_interval(auc: f64, truths: &[bool]) -> Interval {
    let positives = truths.iter().filter(|truth| **truth).count() as f64;
    let negatives = truths.len() as f64 - positives;
    let (first, second) = (auc / (2.0 - auc), 2.0 * auc * auc / (1.0 + auc));
    let square = auc * auc;
    let variance = (auc * (1.0 - auc) + (positives - 1.0) * (first - square) + (negatives - 1.0) * (second - square))
        / (positives * negatives);
    let width = NORMAL * variance.max(0.0).sqrt();
    Interval { low: (auc - width).max(0.0), high: (auc + width).min(1.0) }
}
