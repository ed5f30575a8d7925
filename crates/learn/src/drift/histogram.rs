//! Histograms of columns: how values are binned.

use plumb_lead::{Feature, FeatureKind};
use serde::{Deserialize, Serialize};

/// Numbers are cut into this many bins of equal count.
const BINS: usize = 10;

/// Of so many rows the borders of bins are found.
const ROWS_SORTED: usize = 50_000;

/// Levels with less than this share of the training rows are counted together: rare words come and go by chance.
const LEVEL_SHARE: f64 = 0.01;

/// The histogram of one column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Histogram {
    pub(super) name: String,
    pub(super) bins: Bins,
    /// Rows in each bin; the last but one is for other levels, the last for missing values.
    pub(super) counts: Vec<u32>,
}

/// How values become bins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Bins {
    /// A value's bin is the number of edges at or under it.
    Edges(Vec<f32>),
    /// A code's bin; `None` for a level that is counted with the others.
    Levels(Vec<Option<usize>>),
}

impl Histogram {
    pub(super) fn new(name: &str, bins: Bins, counts: Vec<u32>) -> Histogram {
        Histogram { name: name.to_owned(), bins, counts }
    }
}

impl Bins {
    pub(super) fn of(feature: &Feature, values: &[f32]) -> Bins {
        let levels = match &feature.kind {
            FeatureKind::Number => return Bins::Edges(edges(values)),
            FeatureKind::Flag => 2,
            FeatureKind::Category { levels } => levels.len(),
        };
        let mut rows = vec![0usize; levels];
        for value in values.iter().filter(|value| !value.is_nan()) {
            if let Some(rows) = rows.get_mut(*value as usize) {
                *rows += 1;
            }
        }
        let mut next = 0..;
        let enough = |rows: usize| rows as f64 >= LEVEL_SHARE * values.len() as f64;
        Bins::Levels(rows.into_iter().map(|rows| if enough(rows) { next.next() } else { None }).collect())
    }

    /// The number of bins, without those of other levels and of missing values.
    pub(super) fn count(&self) -> usize {
        match self {
            Bins::Edges(edges) => edges.len() + 1,
            Bins::Levels(levels) => levels.iter().flatten().count(),
        }
    }

    /// Returns the bin of a value.
    pub(super) fn bin(&self, value: f32) -> usize {
        match self {
            _ if value.is_nan() => self.count() + 1,
            Bins::Edges(edges) => edges.partition_point(|edge| *edge <= value),
            Bins::Levels(levels) => levels.get(value as usize).copied().flatten().unwrap_or_else(|| self.count()),
        }
    }

    /// Adds values to the rows of their bins.
    pub(super) fn count_into(&self, counts: &mut [u32], values: impl Iterator<Item = f32>) {
        let missing = counts.len() - 1;
        match self {
            Bins::Edges(edges) => {
                for value in values {
                    // As many comparisons as there are edges, but none that has to be guessed. NaN is over no edge.
                    let bin: usize = edges.iter().map(|edge| usize::from(*edge <= value)).sum();
                    counts[if value.is_nan() { missing } else { bin }] += 1;
                }
            }
            Bins::Levels(_) => values.for_each(|value| counts[self.bin(value)] += 1),
        }
    }
}

/// The borders of bins of about equal count. A value that fills a bin alone gets a bin of its own, so
/// that a column of zeros with some other numbers differs from one of zeros alone.
pub(super) fn edges(values: &[f32]) -> Vec<f32> {
    // Borders need not be exact, only the same on both sides.
    let step = values.len().div_ceil(ROWS_SORTED).max(1);
    let mut sorted: Vec<f32> = values.iter().step_by(step).copied().filter(|value| !value.is_nan()).collect();
    sorted.sort_unstable_by(f32::total_cmp);
    let mut edges: Vec<f32> = Vec::new();
    if sorted.is_empty() {
        return edges;
    }
    for bin in 1..BINS {
        let edge = sorted[bin * sorted.len() / BINS];
        match edges.last() {
            Some(last) if *last == edge => edges.push(edge.next_up()),
            Some(last) if *last > edge => {}
            _ => edges.push(edge),
        }
    }
    edges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frequent_value_has_a_bin_of_its_own() {
        let zeros: Vec<f32> = (0..100).map(|row| if row < 80 { 0.0 } else { row as f32 }).collect();
        let bins = Bins::Edges(edges(&zeros));
        assert_eq!(bins.bin(-1.0), 0);
        assert_eq!(bins.bin(0.0), 1);
        assert!(bins.bin(1.0) > 1 && bins.bin(95.0) > bins.bin(81.0));
        assert_eq!(edges(&[f32::NAN; 3]), Vec::<f32>::new());
        assert_eq!(edges(&[5.0; 3]), [5.0, 5.0f32.next_up()]);
    }
}
