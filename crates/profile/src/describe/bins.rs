//! The values of a column in a few named bins: words as they are, numbers in ranges, missing values in a bin of their own.

use std::collections::HashMap;

use super::calendar::{Unit, date};
use super::quantiles::{quantile, sorted};
use crate::gather::{Column, DAY, Facts, MISSING_TIME, SampleValues};
use crate::outcome::ColumnKind;
use crate::sketch::MISSING;
use crate::wording;

/// A sample's rows in bins.
pub(super) struct Bins {
    /// The bin of each row.
    pub(super) of_row: Vec<u32>,
    /// The name of each bin.
    pub(super) names: Vec<String>,
    /// The bin of missing values.
    pub(super) missing: Option<u32>,
}

/// Returns the bins of a column: at most so many beside those of missing values and of other words.
pub(super) fn bins(column: &Column, bins_max: usize) -> Bins {
    match &column.sample {
        SampleValues::Number(values) if column.kind == ColumnKind::Flag => of_flags(values),
        SampleValues::Number(values) => of_numbers(values, bins_max, wording::number),
        SampleValues::Time(values) => of_times(values, bins_max),
        SampleValues::Text(hashes, _) => of_texts(column, hashes, bins_max),
    }
}

/// Returns the month of each row of a column of timestamps.
pub(super) fn months(values: &[i64]) -> Bins {
    let begins: Vec<Option<i64>> =
        values.iter().map(|value| (*value != MISSING_TIME).then(|| Unit::Month.begin(value.div_euclid(DAY)))).collect();
    let mut known: Vec<i64> = begins.iter().flatten().copied().collect();
    known.sort_unstable();
    known.dedup();
    let names = known.iter().map(|begin| date(*begin).format("%Y-%m").to_string()).collect();
    let bin = |begin: &Option<i64>| begin.map(|begin| known.partition_point(|known| *known < begin) as u32);
    with_missing(begins.iter().map(bin), names)
}

fn of_flags(values: &[f64]) -> Bins {
    let bin = |value: &f64| if value.is_nan() { None } else { Some(u32::from(*value != 0.0)) };
    with_missing(values.iter().map(bin), vec!["no".to_owned(), "yes".to_owned()])
}

fn of_numbers(values: &[f64], bins_max: usize, name: impl Fn(f64) -> String) -> Bins {
    let sorted = sorted(values.iter().copied());
    let mut different: Vec<f64> = sorted.clone();
    different.dedup();
    if different.len() <= bins_max {
        let names = different.iter().map(|value| name(*value)).collect();
        let bin = |value: &f64| (!value.is_nan()).then(|| different.partition_point(|known| known < value) as u32);
        return with_missing(values.iter().map(bin), names);
    }
    // A bin reaches up to its edge. The least value has a bin of its own where it fills one.
    let mut edges: Vec<f64> = (1..bins_max).filter_map(|bin| quantile(&sorted, bin as f64 / bins_max as f64)).collect();
    edges.dedup();
    let last = sorted.last().copied().unwrap_or_default();
    edges.retain(|edge| *edge < last);
    let first = sorted.first().copied().unwrap_or_default();
    let names = (0..=edges.len()).map(|bin| match (bin.checked_sub(1).map(|below| edges[below]), edges.get(bin)) {
        (None, Some(high)) if *high == first => name(first),
        (None, Some(high)) => format!("up to {}", name(*high)),
        (Some(low), Some(high)) => format!("{} to {}", name(low), name(*high)),
        (Some(low), None) => format!("over {}", name(low)),
        (None, None) => "all".to_owned(),
    });
    let names: Vec<String> = names.collect();
    let bin = |value: &f64| (!value.is_nan()).then(|| edges.partition_point(|edge| edge < value) as u32);
    with_missing(values.iter().map(bin), names)
}

fn of_times(values: &[i64], bins_max: usize) -> Bins {
    let days: Vec<f64> = values
        .iter()
        .map(|value| if *value == MISSING_TIME { f64::NAN } else { value.div_euclid(DAY) as f64 })
        .collect();
    of_numbers(&days, bins_max, |day| date(day as i64).to_string())
}

fn of_texts(column: &Column, hashes: &[u64], bins_max: usize) -> Bins {
    let Facts::Text(facts) = &column.facts else { return with_missing(hashes.iter().map(|_| None), Vec::new()) };
    let mut frequent = facts.counts.most_frequent();
    let has_others = frequent.len() > bins_max || !facts.counts.is_exact();
    frequent.truncate(bins_max);
    let places: HashMap<u64, u32> = frequent.iter().zip(0..).map(|(counted, place)| (counted.hash, place)).collect();
    let mut names: Vec<String> = frequent.into_iter().map(|counted| counted.text).collect();
    let others = has_others.then(|| {
        names.push("all others".to_owned());
        names.len() as u32 - 1
    });
    let bin = |hash: &u64| if *hash == MISSING { None } else { places.get(hash).copied().or(others) };
    with_missing(hashes.iter().map(bin), names)
}

fn with_missing(bins: impl Iterator<Item = Option<u32>>, mut names: Vec<String>) -> Bins {
    let missing = names.len() as u32;
    let of_row: Vec<u32> = bins.map(|bin| bin.unwrap_or(missing)).collect();
    let is_used = of_row.contains(&missing);
    if is_used {
        names.push("missing".to_owned());
    }
    Bins { of_row, names, missing: is_used.then_some(missing) }
}
