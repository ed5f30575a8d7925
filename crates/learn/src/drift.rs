//! How far a window of rows stands from the rows that a model was trained on.
//!
//! Two things are kept apart: how large a move is (PSI, Jensen–Shannon), and whether it can be chance. A small window
//! has a large PSI by chance alone, and an alarm that means nothing is worse than none. So a column has moved only if
//! its PSI is large after the part that chance explains is taken off, and larger than chance gives once in 10,000.

use plumb_lead::{Drift, Feature, FeatureKind, FeatureSet, Matrix, Unseen, Verdict};
use serde::{Deserialize, Serialize};

use crate::Error;

/// Under this many rows nothing is said.
const ROWS_MIN: usize = 100;

/// The customary borders of PSI, here after the part that chance explains.
const PSI_MOVED: f64 = 0.1;
const PSI_DRIFTED: f64 = 0.25;

/// A new category in more than this share of the rows is drift, and in at least so many of them.
const UNSEEN_SHARE: f64 = 0.01;
const UNSEEN_ROWS: usize = 5;

/// Numbers are cut into this many bins of equal count.
const BINS: usize = 10;

/// Levels with less than this share of the training rows are counted together: rare words come and go by chance.
const LEVEL_SHARE: f64 = 0.01;

/// The normal quantile of one in 10,000.
const NORMAL_QUANTILE: f64 = 3.719;

/// What a window is held against: how a model's inputs and its scores were spread.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    score: Spread,
    features: Vec<Spread>,
}

/// How the values of one column are spread.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Spread {
    name: String,
    bins: Bins,
    /// Rows in each bin; the last but one is for other levels, the last for missing values.
    counts: Vec<usize>,
}

/// How values become bins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Bins {
    /// A value's bin is the number of edges at or under it.
    Edges(Vec<f32>),
    /// A code's bin; `None` for a level that is counted with the others.
    Levels(Vec<Option<usize>>),
}

/// Describes training rows, and scores. `matrix` is encoded by `features`; the scores are of rows that the model was not
/// fitted on, because of its own it is surer than it will ever be again.
pub fn baseline(features: &FeatureSet, matrix: &Matrix, scores: &[f64]) -> Result<Baseline, Error> {
    if matrix.columns != features.features.len() {
        return Err(Error::Columns { found: matrix.columns, expected: features.features.len() });
    }
    if matrix.rows == 0 || scores.is_empty() {
        return Err(Error::NoRows { doing: "describe for the drift watch" });
    }
    let columns = features.features.iter().enumerate();
    let spreads = columns.map(|(index, feature)| {
        let values: Vec<f32> = matrix.column(index).collect();
        Spread::new(&feature.name, Bins::of(feature, &values), &values)
    });
    let scores: Vec<f32> = scores.iter().map(|score| *score as f32).collect();
    let score = Spread::new("score", Bins::Edges(edges(&scores)), &scores);
    Ok(Baseline { score, features: spreads.collect() })
}

/// Holds a window against a baseline: the score first, then each feature that is to be watched. `matrix` and `unseen` are what the model's
/// own feature set makes of the window's rows.
pub fn compare(
    baseline: &Baseline,
    features: &FeatureSet,
    matrix: &Matrix,
    scores: &[f64],
    unseen: &[Unseen],
) -> Result<Vec<Drift>, Error> {
    if matrix.columns != features.features.len() {
        return Err(Error::Columns { found: matrix.columns, expected: features.features.len() });
    }
    if scores.len() != matrix.rows {
        return Err(Error::Lengths { what: "scores", found: scores.len(), expected: matrix.rows });
    }
    if baseline.features.len() != features.features.len() {
        return Err(Error::Columns { found: features.features.len(), expected: baseline.features.len() });
    }
    let scores: Vec<f32> = scores.iter().map(|score| *score as f32).collect();
    let mut drifts = vec![baseline.score.drift(&scores, &[])];
    for (index, (feature, spread)) in features.features.iter().zip(&baseline.features).enumerate() {
        if feature.name != spread.name {
            let why = format!("its baseline describes `{}` where its features have `{}`", spread.name, feature.name);
            return Err(Error::Model { why });
        }
        if !feature.wording.watch {
            continue;
        }
        let values: Vec<f32> = matrix.column(index).collect();
        let unseen: Vec<&Unseen> = unseen.iter().filter(|unseen| unseen.feature == feature.name).collect();
        drifts.push(spread.drift(&values, &unseen));
    }
    Ok(drifts)
}

impl Bins {
    fn of(feature: &Feature, values: &[f32]) -> Bins {
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

/// The borders of bins of about equal count. A value that fills a bin on its own is given one on its own: a column of
/// zeros with some other numbers is told from one of zeros alone.
fn edges(values: &[f32]) -> Vec<f32> {
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

impl Spread {
    fn new(name: &str, bins: Bins, values: &[f32]) -> Spread {
        let counts = counts(&bins, values);
        Spread { name: name.to_owned(), bins, counts }
    }

    fn drift(&self, values: &[f32], unseen: &[&Unseen]) -> Drift {
        let rows_baseline: usize = self.counts.iter().sum();
        let mut counts = counts(&self.bins, values);
        // A category that training never saw is encoded as missing: here it is a level like another.
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

/// Without drift, PSI over `1/n + 1/m` is about chi-squared with a degree of freedom less than there are bins.
fn verdict(psi: f64, bins: usize, noise: f64) -> Verdict {
    let freedom = bins.saturating_sub(1) as f64;
    if freedom == 0.0 || psi <= noise * chi_squared_quantile(freedom) {
        return Verdict::Stable;
    }
    let beyond_chance = psi - noise * freedom;
    if beyond_chance > PSI_DRIFTED {
        Verdict::Drifted
    } else if beyond_chance > PSI_MOVED {
        Verdict::Moved
    } else {
        Verdict::Stable
    }
}

/// What chance exceeds once in 10,000, by Wilson and Hilferty's cube: at most 8 % over the exact value.
fn chi_squared_quantile(freedom: f64) -> f64 {
    let spread = 2.0 / (9.0 * freedom);
    freedom * (1.0 - spread + NORMAL_QUANTILE * spread.sqrt()).powi(3)
}

/// The population stability index. Half a row is added to each bin that either side uses: an empty bin would make it
/// infinite.
fn psi(before: &[usize], now: &[usize]) -> f64 {
    let used: Vec<(f64, f64)> = before
        .iter()
        .zip(now)
        .filter(|(before, now)| **before + **now > 0)
        .map(|(before, now)| (*before as f64 + 0.5, *now as f64 + 0.5))
        .collect();
    let (all_before, all_now) = used.iter().fold((0.0, 0.0), |sums, pair| (sums.0 + pair.0, sums.1 + pair.1));
    used.iter()
        .map(|(before, now)| (before / all_before, now / all_now))
        .map(|(before, now)| (now - before) * (now / before).ln())
        .sum()
}

/// The Jensen–Shannon distance to base 2; 0 where a side has no rows.
fn jensen_shannon(before: &[usize], now: &[usize]) -> f64 {
    let (all_before, all_now) = (before.iter().sum::<usize>(), now.iter().sum::<usize>());
    if all_before == 0 || all_now == 0 {
        return 0.0;
    }
    let part = |share: f64, middle: f64| if share == 0.0 { 0.0 } else { share * (share / middle).log2() };
    let divergence: f64 = before
        .iter()
        .zip(now)
        .map(|(before, now)| (*before as f64 / all_before as f64, *now as f64 / all_now as f64))
        .map(|(before, now)| (before, now, (before + now) / 2.0))
        .map(|(before, now, middle)| (part(before, middle) + part(now, middle)) / 2.0)
        .sum();
    divergence.max(0.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_agree_with_scipy() {
        // scipy 1.17.1: `jensenshannon([.5, .3, .2], [.2, .3, .5], base=2)`.
        assert!((jensen_shannon(&[50, 30, 20], &[20, 30, 50]) - 0.3095409536771482).abs() < 1e-12);
        assert_eq!(jensen_shannon(&[5, 0], &[0, 7]), 1.0);
        // By hand: 2 * 0.3 * ln(0.5 / 0.2) = 0.5498; the half rows shrink it a little.
        assert!((psi(&[50_000, 30_000, 20_000], &[20_000, 30_000, 50_000]) - 0.5498).abs() < 1e-3);
        // scipy 1.17.1: `chi2.ppf(1 - 1e-4, k)`.
        for (freedom, exact) in [(1.0, 15.1367), (2.0, 18.4207), (5.0, 25.7448), (10.0, 35.5640), (20.0, 52.3860)] {
            let found = chi_squared_quantile(freedom);
            assert!((1.0..1.08).contains(&(found / exact)), "{freedom}: {found} is not {exact}");
        }
    }

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
