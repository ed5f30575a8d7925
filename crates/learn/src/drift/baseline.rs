//! The baseline of a model: what later weeks are compared with.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use plumb_lead::{Feature, FeatureKind, FeatureSet, Matrix, Unseen, WeekCounts};
use serde::{Deserialize, Serialize};

use super::calendar::week_of;
use super::counting::{columns_of, count_columns, count_values};
use super::histogram::{Bins, Histogram, edges};
use super::novelty::new_levels_a_week;
use crate::error::Error;

/// The most weeks that a baseline has: three years.
const WEEKS_MAX: usize = 157;

/// What a window is compared with: the histograms of a model's inputs and scores, together and by week.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    pub(super) score: Histogram,
    pub(super) features: Vec<Histogram>,
    /// The same rows by week, oldest first; empty where the rows have no time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) weeks: Vec<BaselineWeek>,
    /// Of each feature, the share of weeks in which a category came up that no week before it had.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) new_levels: Vec<f64>,
}

/// A week of the training data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct BaselineWeek {
    /// The number of the week, as [`week_of`] counts them.
    pub(super) week: i64,
    /// Rows in each bin: of the score first, then of each feature.
    pub(super) counts: Vec<Vec<u32>>,
}

/// Rows and scores with their times.
pub struct DatedRows<'a> {
    /// Rows, encoded by the model's features.
    pub matrix: &'a Matrix,
    /// When each was observed.
    pub at: &'a [DateTime<Utc>],
    /// Scores of rows that the model was not fitted on, because it is surer of its own rows than of any others.
    pub scores: &'a [f64],
    /// When each of those was observed.
    pub scores_at: &'a [DateTime<Utc>],
}

/// Returns the baseline of training rows and scores. `matrix` is encoded by `features`; the scores are of rows that the model
/// was not fitted on.
pub fn baseline(features: &FeatureSet, matrix: &Matrix, scores: &[f64]) -> Result<Baseline, Error> {
    check(features, matrix)?;
    if matrix.rows == 0 || scores.is_empty() {
        return Err(Error::NoRows { doing: "describe for the drift watch" });
    }
    let columns = columns_of(matrix).into_iter().zip(&features.features);
    let histograms = columns.map(|(values, feature)| {
        let bins = Bins::of(feature, &values);
        Histogram::new(&feature.name, bins, Vec::new())
    });
    let mut histograms: Vec<Histogram> = histograms.collect();
    let counts = count_columns(&histograms.iter().map(|histogram| &histogram.bins).collect::<Vec<_>>(), matrix);
    histograms.iter_mut().zip(counts).for_each(|(histogram, counts)| histogram.counts = counts);
    let scores = narrow(scores);
    let bins = Bins::Edges(edges(&scores));
    let counts = count_values(&bins, &scores);
    let score = Histogram::new("score", bins, counts);
    Ok(Baseline { score, features: histograms, weeks: Vec::new(), new_levels: Vec::new() })
}

/// Returns the baseline of rows with times: it knows how much weeks differ, and what each season is like.
pub fn baseline_by_week(features: &FeatureSet, rows: &DatedRows<'_>) -> Result<Baseline, Error> {
    for (what, found, expected) in
        [("times", rows.at.len(), rows.matrix.rows), ("times", rows.scores_at.len(), rows.scores.len())]
    {
        if found != expected {
            return Err(Error::Lengths { what, found, expected });
        }
    }
    let mut baseline = baseline(features, rows.matrix, rows.scores)?;
    let by_week = baseline.rows_by_week(rows);
    let first = by_week.len().saturating_sub(WEEKS_MAX);
    baseline.new_levels = features
        .features
        .iter()
        .enumerate()
        .map(|(column, feature)| match feature.kind {
            FeatureKind::Category { .. } => new_levels_a_week(rows.matrix.column(column).zip(rows.at)),
            FeatureKind::Number | FeatureKind::Flag => 0.0,
        })
        .collect();
    baseline.weeks = by_week.into_iter().skip(first).map(|(week, counts)| BaselineWeek { week, counts }).collect();
    Ok(baseline)
}

impl Baseline {
    /// Counts a window's rows into the bins of the baseline.
    pub fn count(
        &self,
        features: &FeatureSet,
        matrix: &Matrix,
        scores: &[f64],
        unseen: &[Unseen],
    ) -> Result<WeekCounts, Error> {
        check(features, matrix)?;
        if scores.len() != matrix.rows {
            return Err(Error::Lengths { what: "scores", found: scores.len(), expected: matrix.rows });
        }
        self.fits(features)?;
        let mut columns = vec![count_values(&self.score.bins, &narrow(scores))];
        columns.extend(count_columns(&self.bins(), matrix));
        for (feature, counts) in features.features.iter().zip(&mut columns[1..]) {
            // A category that training never saw is encoded as missing: here it counts as another level.
            let rows: usize = unseen.iter().filter(|unseen| unseen.feature == feature.name).map(|one| one.rows).sum();
            let (others, missing) = (counts.len() - 2, counts.len() - 1);
            let rows = u32::try_from(rows).unwrap_or(u32::MAX).min(counts[missing]);
            counts[others] += rows;
            counts[missing] -= rows;
        }
        Ok(WeekCounts { rows: matrix.rows, columns, unseen: unseen.to_vec() })
    }

    /// Returns how many columns a comparison has for a model's features, the score among them.
    pub fn columns(features: &FeatureSet) -> usize {
        1 + features.features.iter().filter(|feature| feature.messages.watch).count()
    }

    /// Returns the rows of each week of the baseline, as the Monday that it begins on and its rows.
    pub fn rows_a_week(&self) -> Vec<(DateTime<Utc>, usize)> {
        let monday = |week: i64| DateTime::from_timestamp((7 * week - 3) * 86_400, 0).unwrap_or(DateTime::UNIX_EPOCH);
        let rows = |week: &BaselineWeek| week.counts.get(1).map_or(0, |counts| counts.iter().sum::<u32>() as usize);
        self.weeks.iter().map(|week| (monday(week.week), rows(week))).collect()
    }

    pub(super) fn fits(&self, features: &FeatureSet) -> Result<(), Error> {
        if self.features.len() != features.features.len() {
            return Err(Error::Columns { found: features.features.len(), expected: self.features.len() });
        }
        let differs = |(feature, histogram): &(&Feature, &Histogram)| feature.name != histogram.name;
        match features.features.iter().zip(&self.features).find(differs) {
            None => Ok(()),
            Some((feature, histogram)) => {
                let why =
                    format!("its baseline describes `{}` where its features have `{}`", histogram.name, feature.name);
                Err(Error::Model { why })
            }
        }
    }

    fn bins(&self) -> Vec<&Bins> {
        self.features.iter().map(|histogram| &histogram.bins).collect()
    }

    fn rows_by_week(&self, rows: &DatedRows<'_>) -> BTreeMap<i64, Vec<Vec<u32>>> {
        let empty = || -> Vec<Vec<u32>> {
            let all = std::iter::once(&self.score).chain(&self.features);
            all.map(|histogram| vec![0; histogram.counts.len()]).collect()
        };
        let mut weeks: BTreeMap<i64, Vec<Vec<u32>>> = BTreeMap::new();
        for (row, at) in rows.at.iter().enumerate() {
            let counts = weeks.entry(week_of(*at)).or_insert_with(empty);
            let values = rows.matrix.row(row).iter().zip(&self.features);
            for ((value, histogram), counts) in values.zip(&mut counts[1..]) {
                counts[histogram.bins.bin(*value)] += 1;
            }
        }
        for (score, at) in rows.scores.iter().zip(rows.scores_at) {
            weeks.entry(week_of(*at)).or_insert_with(empty)[0][self.score.bins.bin(*score as f32)] += 1;
        }
        weeks
    }
}

fn check(features: &FeatureSet, matrix: &Matrix) -> Result<(), Error> {
    match features.features.len() {
        columns if columns == matrix.columns => Ok(()),
        expected => Err(Error::Columns { found: matrix.columns, expected }),
    }
}

fn narrow(scores: &[f64]) -> Vec<f32> {
    scores.iter().map(|score| *score as f32).collect()
}
