//! Histograms of columns: how values are binned, and the drift of a window from them.

use plumb_lead::{Drift, Feature, FeatureKind, Unseen, Verdict};
use serde::{Deserialize, Serialize};

use super::distance::{jensen_shannon, psi, verdict};

/// With fewer rows there is no verdict.
const ROWS_MIN: usize = 100;

/// A new category in more than this share of the rows is drift, and in at least so many of them.
const UNSEEN_SHARE: f64 = 0.01;
const UNSEEN_ROWS: usize = 5;

/// Numbers are cut into this many bins of equal count.
const BINS: usize = 10;

/// Levels with less than this share of the training rows are counted together: rare words come and go by chance.
const LEVEL_SHARE: f64 = 0.01;

/// The histogram of one column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Histogram {
    pub(super) name: String,
    bins: Bins,
    /// Rows in each bin; the last but one is for other levels, the last for missing values.
    counts: Vec<usize>,
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
    pub(super) fn new(name: &str, bins: Bins, values: &[f32]) -> Histogram {
        let counts = counts(&bins, values);
        Histogram { name: name.to_owned(), bins, counts }
    }

    pub(super) fn drift(&self, values: &[f32], unseen: &[&Unseen]) -> Drift {
        let rows_baseline: usize = self.counts.iter().sum();
        let mut counts = counts(&self.bins, values);
        // A category that training never saw is encoded as missing: here it counts as another level.
        let (others, missing) = (counts.len() - 2, counts.len() - 1);
        let unseen_rows = unseen.iter().map(|unseen| unseen.rows).sum::<usize>().min(counts[missing]);
        counts[others] += unseen_rows;
        counts[missing] -= unseen_rows;
        let rows = values.len();
        let share = |count: usize, rows: usize| if rows == 0 { 0.0 } else { count as f64 / rows as f64 };
        let psi = psi(&self.counts, &counts);
        let is_new = |unseen: &&&Unseen| unseen.rows >= UNSEEN_ROWS && share(unseen.rows, rows) > UNSEEN_SHARE;
        let verdict = if rows < ROWS_MIN || rows_baseline < ROWS_MIN {
            Verdict::TooFew
        } else if unseen.iter().any(|unseen| is_new(&unseen)) {
            Verdict::Drifted
        } else {
            let used = self.counts.iter().zip(&counts).filter(|(before, now)| **before + **now > 0).count();
            verdict(psi, used, 1.0 / rows_baseline as f64 + 1.0 / rows as f64)
        };
        Drift {
            column: self.name.clone(),
            psi,
            jensen_shannon: jensen_shannon(&self.counts, &counts),
            missing: share(counts[missing], rows),
            missing_baseline: share(self.counts[missing], rows_baseline),
            unseen: unseen.iter().map(|unseen| (unseen.level.clone(), share(unseen.rows, rows))).collect(),
            verdict,
        }
    }
}

fn counts(bins: &Bins, values: &[f32]) -> Vec<usize> {
    let mut counts = vec![0; bins.count() + 2];
    values.iter().for_each(|value| counts[bins.bin(*value)] += 1);
    counts
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
    fn count(&self) -> usize {
        match self {
            Bins::Edges(edges) => edges.len() + 1,
            Bins::Levels(levels) => levels.iter().flatten().count(),
        }
    }

    fn bin(&self, value: f32) -> usize {
        let others = self.count();
        match self {
            _ if value.is_nan() => others + 1,
            Bins::Edges(edges) => edges.partition_point(|edge| *edge <= value),
            Bins::Levels(levels) => levels.get(value as usize).copied().flatten().unwrap_or(others),
        }
    }
}

/// The borders of bins of about equal count. A value that fills a bin alone gets a bin of its own, so
/// that a column of zeros with some other numbers differs from one of zeros alone.
pub(super) fn edges(values: &[f32]) -> Vec<f32> {
    let mut sorted: Vec<f32> = values.iter().copied().filter(|value| !value.is_nan()).collect();
    sorted.sort_by(f32::total_cmp);
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
