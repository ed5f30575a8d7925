//! Numbers of a column: quantiles, histogram, outliers.

use super::gathered::TableStatistics;
use super::quantiles::{histogram, quantile};
use super::share::{NORMAL, share};
use crate::gather::NumberFacts;
use crate::outcome::{NumberProfile, Outliers, Quantile, ValueCount};
use crate::wording;

/// The quantiles that are said.
const SHARES: [f64; 9] = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99];

/// Tukey's outer fences.
const FENCES: f64 = 3.0;

const OUTLIERS_SHOWN: usize = 10;

/// A number that fills so much of the rows is said.
const FREQUENT_SHARE: f64 = 0.05;
const FREQUENT_SHOWN: usize = 5;

/// Returns what is said of a column's numbers. `values` are those of the sample.
pub(super) fn numbers(table: &TableStatistics, facts: &NumberFacts, values: &[f64]) -> NumberProfile {
    let mut places: Vec<usize> = (0..values.len()).filter(|row| !values[*row].is_nan()).collect();
    places.sort_by(|one, other| values[*one].total_cmp(&values[*other]));
    let sorted: Vec<f64> = places.iter().map(|row| values[*row]).collect();
    let quantiles =
        SHARES.iter().filter_map(|share| Some(Quantile { share: *share, value: quantile(&sorted, *share)? }));
    NumberProfile {
        mean: facts.moments.mean(),
        deviation: facts.moments.deviation(),
        min: facts.min,
        max: facts.max,
        skew: facts.moments.skew(),
        kurtosis: facts.moments.kurtosis(),
        zeros: facts.zeros,
        negative: facts.negative,
        rows: sorted.len() as u64,
        quantile_error: if table.is_whole() { 0.0 } else { quantile_error(sorted.len()) },
        quantiles: quantiles.collect(),
        histogram: histogram(&sorted),
        outliers: outliers(table, &sorted, &places),
        frequent: frequent(&sorted),
    }
}

/// The half width of the 95 % interval of a share of so many rows, where it is widest: at the median.
fn quantile_error(rows: usize) -> f64 {
    NORMAL * 0.5 / (rows.max(1) as f64).sqrt()
}

fn outliers(table: &TableStatistics, sorted: &[f64], places: &[usize]) -> Outliers {
    let (Some(first), Some(third)) = (quantile(sorted, 0.25), quantile(sorted, 0.75)) else {
        return Outliers::default();
    };
    if third <= first {
        return Outliers::default();
    }
    let (low, high) = (first - FENCES * (third - first), third + FENCES * (third - first));
    let under = sorted.partition_point(|value| *value < low);
    let over = sorted.partition_point(|value| *value <= high);
    let middle = (first + third) / 2.0;
    let mut outside: Vec<usize> = (0..under).chain(over..sorted.len()).collect();
    let rows = outside.len() as u64;
    outside.sort_by(|one, other| (sorted[*other] - middle).abs().total_cmp(&(sorted[*one] - middle).abs()));
    let examples = outside.iter().take(OUTLIERS_SHOWN).map(|place| (sorted[*place], table.lines[places[*place]]));
    Outliers { fences: Some((low, high)), rows, examples: examples.collect() }
}

fn frequent(sorted: &[f64]) -> Vec<ValueCount> {
    let runs = sorted.chunk_by(|one, other| one == other);
    let mut frequent: Vec<ValueCount> = runs
        .filter(|run| share(run.len() as u64, sorted.len() as u64) >= FREQUENT_SHARE)
        .map(|run| ValueCount { value: wording::number(run[0]), rows: run.len() as u64 })
        .collect();
    frequent.sort_by_key(|value| std::cmp::Reverse(value.rows));
    frequent.truncate(FREQUENT_SHOWN);
    frequent
}
