//! How much more frequent rows like each one are in a window than in a reference.

use plumb_lead::{FeatureKind, FeatureSet, Matrix};
use plumb_xgboost_sys::{Booster, DMatrix};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::error::Error;
use crate::log_loss::softplus;
use crate::logistic::Logistic;
use crate::metrics;
use crate::samples::{Samples, finite};
use crate::target_rates::TargetRates;

/// Each row is weighted by classifiers that were fitted on the other folds.
const FOLDS: usize = 3;

/// The strength of the regression's penalty.
const STRENGTH: f64 = 10.0;

/// No row counts for more than so many: a few rows that resemble the window would decide everything.
const WEIGHT_MAX: f64 = 30.0;

/// Of the reference, a classifier sees so many rows for each of the window, and no fewer than the least: more of them add
/// little to what can be told of so few.
const ROWS_FOR_ONE: usize = 5;
const ROWS_LEAST: usize = 5_000;

/// Trees of the classifier, and XGBoost's own parameters.
const ROUNDS: usize = 40;
const PARAMETERS: [(&str, &str); 7] = [
    ("objective", "binary:logistic"),
    ("tree_method", "hist"),
    ("eta", "0.1"),
    ("max_depth", "4"),
    ("min_child_weight", "10"),
    ("lambda", "5"),
    ("nthread", "1"),
];

/// The weights of reference rows.
pub(super) struct DensityRatio {
    /// A weight a row; their mean is about 1.
    pub(super) weights: Vec<f32>,
    /// How well the classifier tells rows of the window from the others.
    pub(super) auc: f64,
}

/// A classifier of rows of the window and of the reference.
#[derive(Clone, Copy)]
enum Classifier {
    Regression,
    Trees,
}

/// Returns how much more frequent each row of the reference is in the window. A regression and trees are compared with
/// saying the same of all rows, on rows that they did not see; where neither is clearly better, all weights are 1.
pub(super) fn density_ratio(
    features: &FeatureSet,
    reference: &Matrix,
    window: &Matrix,
    seed: u64,
) -> Result<DensityRatio, Error> {
    if reference.rows < FOLDS || window.rows < FOLDS {
        return Err(Error::NoRows { doing: "compare a window with the reference" });
    }
    let rows = reference.rows + window.rows;
    let joined = Matrix { values: [&reference.values[..], &window.values].concat(), rows, columns: window.columns };
    let task = Task {
        features,
        matrix: finite(&joined).into_owned(),
        labels: (0..rows).map(|row| row >= reference.rows).collect(),
        folds: folds(reference.rows, window.rows, seed),
        seed,
    };
    let share = window.rows as f64 / rows as f64;
    let constant = vec![(share / (1.0 - share)).ln(); rows];
    let mut best: Option<(f64, Vec<f64>)> = None;
    for classifier in [Classifier::Regression, Classifier::Trees] {
        let margins = task.margins(classifier)?;
        let (gain, error) = task.gain(&constant, &margins);
        if gain > 2.0 * error && best.as_ref().is_none_or(|(most, _)| gain > *most) {
            best = Some((gain, margins));
        }
    }
    let Some((_, margins)) = best else { return Ok(DensityRatio { weights: vec![1.0; reference.rows], auc: 0.5 }) };
    let weight = |margin: &f64| ((margin - constant[0]).exp()).min(WEIGHT_MAX) as f32;
    let weights = margins[..reference.rows].iter().map(weight).collect();
    Ok(DensityRatio { weights, auc: metrics::auc(&margins, &task.labels)? })
}

/// Deals the rows of both parts out to folds at random.
fn folds(reference: usize, window: usize, seed: u64) -> Vec<usize> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut part = |rows: usize| {
        let mut folds: Vec<usize> = (0..rows).map(|row| row % FOLDS).collect();
        folds.shuffle(&mut random);
        folds
    };
    let mut folds = part(reference);
    folds.extend(part(window));
    folds
}

/// Rows of both parts, to be told apart.
struct Task<'a> {
    features: &'a FeatureSet,
    matrix: Matrix,
    labels: Vec<bool>,
    folds: Vec<usize>,
    seed: u64,
}

impl Task<'_> {
    /// Returns the log-odds that each row is of the window, by a classifier that did not see it.
    fn margins(&self, classifier: Classifier) -> Result<Vec<f64>, Error> {
        let mut margins = vec![0.0; self.labels.len()];
        for fold in 0..FOLDS {
            let rows = |of_fold: bool| (0..margins.len()).filter(move |row| (self.folds[*row] == fold) == of_fold);
            let (known, tested): (Vec<usize>, Vec<usize>) = (rows(false).collect(), rows(true).collect());
            let (known, step) = self.thinned(&known);
            let labels: Vec<bool> = known.iter().map(|row| self.labels[*row]).collect();
            let weights = vec![1.0; labels.len()];
            let matrix = self.matrix.select(&known);
            let samples = Samples { matrix: &matrix, labels: &labels, weights: &weights };
            let tested_rows = self.matrix.select(&tested);
            let found = match classifier {
                Classifier::Regression => {
                    Logistic::fit(self.features, samples, None, STRENGTH)?.margins(&tested_rows)?
                }
                Classifier::Trees => self.margins_of_trees(samples, &tested_rows)?,
            };
            // With a part of the reference, the odds of the window are too large by as much.
            tested.iter().zip(found).for_each(|(row, margin)| margins[*row] = margin - (step as f64).ln());
        }
        Ok(margins)
    }

    /// Returns the rows with every `step`th of the reference alone, and the step.
    fn thinned(&self, known: &[usize]) -> (Vec<usize>, usize) {
        let border = known.partition_point(|row| !self.labels[*row]);
        let (reference, window) = known.split_at(border);
        let step = (reference.len() / (ROWS_FOR_ONE * window.len()).max(ROWS_LEAST)).max(1);
        (reference.iter().step_by(step).chain(window).copied().collect(), step)
    }

    fn margins_of_trees(&self, samples: Samples, tested: &Matrix) -> Result<Vec<f64>, Error> {
        let categories: Vec<(usize, usize)> = (self.features.features.iter().enumerate())
            .filter_map(|(column, feature)| match &feature.kind {
                FeatureKind::Category { levels } => Some((column, levels.len())),
                FeatureKind::Number | FeatureKind::Flag => None,
            })
            .collect();
        let (rates, known) = TargetRates::learn(&categories, samples);
        let mut train = DMatrix::from_dense(&known.values, known.rows, known.columns, 1)?;
        train.set_labels(&samples.labels.iter().map(|label| f32::from(u8::from(*label))).collect::<Vec<_>>())?;
        let tested = rates.apply(tested);
        let tested = DMatrix::from_dense(&tested.values, tested.rows, tested.columns, 1)?;
        let mut booster = Booster::new(&[&train])?;
        PARAMETERS.iter().try_for_each(|(name, value)| booster.set_param(name, value))?;
        // XGBoost's seed has 63 bits.
        booster.set_param("seed", &(self.seed & (u64::MAX >> 1)).to_string())?;
        (0..ROUNDS).try_for_each(|round| booster.update(round, &train))?;
        Ok(booster.margins(&tested)?.into_iter().map(f64::from).collect())
    }

    /// Returns by how much the log loss of some log-odds is lower than that of others, in all, with its standard error.
    fn gain(&self, before: &[f64], after: &[f64]) -> (f64, f64) {
        let loss = |margin: f64, label: bool| softplus(if label { -margin } else { margin });
        let gains = || {
            let rows = before.iter().zip(after).zip(&self.labels);
            rows.map(|((before, after), label)| loss(*before, *label) - loss(*after, *label))
        };
        let sum: f64 = gains().sum();
        let mean = sum / self.labels.len() as f64;
        (sum, gains().map(|gain| (gain - mean).powi(2)).sum::<f64>().sqrt())
    }
}
