//! How the curve is fitted, and which of the three is chosen.

use plumb_lead::Monotone;

use super::curve::{Calibration, arms, center_and_scale};
use super::isotonic::Isotonic;
use crate::error::Error;
use crate::linear::{self, Design, Prior, Solution};
use crate::log_loss::{log_loss, softplus};
use crate::samples::Samples;

/// The L2 strength on the slopes: it only keeps them finite where the margin separates the classes perfectly.
const STRENGTH: f64 = 0.01;

/// How many folds the rows are dealt out to, to choose between the curves.
const FOLDS: usize = 5;

impl Calibration {
    /// Returns the curve that fits the rows' margins best; the matrix of the samples is not used.
    pub fn fit(margins: &[f64], samples: Samples) -> Result<Calibration, Error> {
        if margins.len() != samples.labels.len() {
            return Err(Error::Lengths { what: "margins", found: margins.len(), expected: samples.labels.len() });
        }
        let (center, scale) = center_and_scale(margins, samples.weights);
        let standard: Vec<f64> = margins.iter().map(|margin| (margin - center) / scale).collect();
        let one = SigmoidShape { design: Design::dense(standard.iter().map(|z| [*z])), standard: &standard };
        let two = SigmoidShape { design: Design::dense(standard.iter().map(|z| arms(*z))), standard: &standard };
        let (of_one, of_two) = (one.cross_validated_logits(samples), two.cross_validated_logits(samples));
        let loss = |logits: &[f64]| log_loss(logits, samples.labels, samples.weights);
        let is_bent = loss(&of_two) < loss(&of_one);
        let logits = if is_bent { of_two } else { of_one };
        let curve = |shape: &SigmoidShape| {
            let solution = shape.solve(samples.labels, samples.weights);
            let (low, high, intercept) = slopes(&solution.weights);
            let covariance = solution.covariance(&shape.design);
            Calibration { center, scale, low, high, intercept, covariance, steps: None }
        };
        // Of two slopes one may be 0, which would leave leads in their ties.
        let sigmoid = curve(&one);
        let of_steps = sigmoid.cross_validated_isotonic_logits(margins, samples);
        if is_clearly_better(&of_steps, &logits, samples) {
            return Ok(sigmoid.with_steps(margins, samples.labels, samples.weights));
        }
        Ok(if is_bent { curve(&two) } else { sigmoid })
    }

    fn with_steps(&self, margins: &[f64], labels: &[bool], weights: &[f32]) -> Calibration {
        Calibration { steps: Isotonic::fit(margins, labels, weights), ..self.clone() }
    }

    /// Returns the log-odds of the rows of each fold by steps that were fitted to the other folds.
    fn cross_validated_isotonic_logits(&self, margins: &[f64], samples: Samples) -> Vec<f64> {
        let mut logits = vec![0.0; margins.len()];
        for fold in 0..FOLDS {
            let curve = self.with_steps(margins, samples.labels, &without_fold(samples.weights, fold));
            for (logit, margin) in logits.iter_mut().zip(margins).skip(fold).step_by(FOLDS) {
                let probability = curve.probability(*margin).clamp(f64::EPSILON, 1.0 - f64::EPSILON);
                *logit = (probability / (1.0 - probability)).ln();
            }
        }
        logits
    }
}

/// A sigmoid of one slope or two, before it is fitted.
struct SigmoidShape<'a> {
    design: Design,
    standard: &'a [f64],
}

impl SigmoidShape<'_> {
    fn solve(&self, labels: &[bool], weights: &[f32]) -> Solution {
        let prior = Prior::ridge(STRENGTH, vec![Monotone::Increasing; self.design.width]);
        linear::minimise(&self.design, labels, weights, &prior, None)
    }

    /// Returns the log-odds of the rows of each fold by a sigmoid that was fitted to the other folds.
    fn cross_validated_logits(&self, samples: Samples) -> Vec<f64> {
        let mut logits = vec![0.0; self.standard.len()];
        for fold in 0..FOLDS {
            let solution = self.solve(samples.labels, &without_fold(samples.weights, fold));
            let (low, high, intercept) = slopes(&solution.weights);
            for (logit, z) in logits.iter_mut().zip(self.standard).skip(fold).step_by(FOLDS) {
                let [under, over] = arms(*z);
                *logit = intercept + low * under + high * over;
            }
        }
        logits
    }
}

/// Returns the two slopes, or the one twice, and the intercept.
fn slopes(solution: &[f64]) -> (f64, f64, f64) {
    match solution[..] {
        [slope, intercept] => (slope, slope, intercept),
        [low, high, intercept] => (low, high, intercept),
        _ => unreachable!("a shape has one slope or two"),
    }
}

/// Returns whether the log loss of the first is lower by more than one standard error of the difference: steps have
/// many numbers to fit, and a curve of three that is as good will do better on other rows.
fn is_clearly_better(first: &[f64], second: &[f64], samples: Samples) -> bool {
    let loss = |logit: f64, label: bool| softplus(if label { -logit } else { logit });
    let falls: Vec<f64> = (first.iter().zip(second).zip(samples.labels).zip(samples.weights))
        .map(|(((first, second), label), weight)| f64::from(*weight) * (loss(*second, *label) - loss(*first, *label)))
        .collect();
    let mean = falls.iter().sum::<f64>() / falls.len() as f64;
    let variance = falls.iter().map(|fall| (fall - mean).powi(2)).sum::<f64>();
    mean * falls.len() as f64 > variance.sqrt()
}

/// Returns the weights with those of a fold set to 0. Rows come in time order, so a fold takes every fifth and each has
/// rows of all times.
fn without_fold(weights: &[f32], fold: usize) -> Vec<f32> {
    weights.iter().enumerate().map(|(row, weight)| if row % FOLDS == fold { 0.0 } else { *weight }).collect()
}
