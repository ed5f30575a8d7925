//! From a margin to a probability.
//!
//! Three curves are fitted to held-out rows, and the one that describes rows it was not fitted to best is kept: Platt's
//! sigmoid (1999); the same with one slope under the mean margin and another over it, which is beta calibration (Kull
//! 2017) moved to where the rows are; and isotonic regression. Slopes are 0 or more, so a larger margin never gets a
//! smaller score. The steps of isotonic regression are joined by lines, and a hundredth of the sigmoid is mixed in, or
//! many leads would get the same score and their order would be left to chance.

mod isotonic;

use plumb_lead::{Interval, Monotone};
use serde::{Deserialize, Serialize};

use crate::calibration::isotonic::Isotonic;
use crate::encoding::Design;
use crate::newton::{self, sigmoid, softplus};
use crate::{Error, Samples};

/// The L2 strength on the slopes: it only keeps them finite where the margin separates the classes perfectly.
const STRENGTH: f64 = 0.01;

/// Standard deviations to either side that hold 95 % of a normal distribution.
const NORMAL_95: f64 = 1.959_963_984_540_054;

/// How many parts the rows are cut into to choose between one slope and two.
const FOLDS: usize = 5;

/// How much of the sigmoid is mixed into steps.
const SIGMOID_SHARE: f64 = 0.01;

/// A curve from margins to probabilities: `sigmoid(intercept - low * softplus(-z) + high * softplus(z))` of
/// `z = (margin - center) / scale`. With equal slopes it is Platt's. With steps, they are what counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    center: f64,
    scale: f64,
    low: f64,
    high: f64,
    intercept: f64,
    /// Covariance of the slopes, one or two, and the intercept, the lower half; empty in models of older programs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    covariance: Vec<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    steps: Option<Isotonic>,
}

/// What is taken for the share of good leads where no outcome is known: one in ten.
const ASSUMED_RATE: f64 = 0.1;

/// How little is known of that: two standard deviations go from under 1 % to over 65 %.
pub(crate) const ASSUMED_SPREAD: f64 = 1.5;

/// How little is known of how much a standard deviation of points says of the log-odds, which is assumed to be 1.
pub(crate) const SLOPE_SPREAD: f64 = 0.5;

/// The log-odds of the assumed share.
pub(crate) fn assumed_log_odds() -> f64 {
    (ASSUMED_RATE / (1.0 - ASSUMED_RATE)).ln()
}

impl Calibration {
    /// Returns the curve that fits the rows' margins best; the matrix of the samples is not used.
    pub fn fit(margins: &[f64], samples: Samples) -> Result<Calibration, Error> {
        if margins.len() != samples.labels.len() {
            return Err(Error::Lengths { what: "margins", found: margins.len(), expected: samples.labels.len() });
        }
        let (center, scale) = center_and_scale(margins, samples.weights);
        let standard: Vec<f64> = margins.iter().map(|margin| (margin - center) / scale).collect();
        let one = Shape { design: Design::dense(standard.iter().map(|z| [*z])), standard: &standard };
        let two = Shape { design: Design::dense(standard.iter().map(|z| arms(*z))), standard: &standard };
        let (of_one, of_two) = (one.logits_of_new_rows(samples), two.logits_of_new_rows(samples));
        let loss = |logits: &[f64]| newton::log_loss(logits, samples.labels, samples.weights);
        let is_bent = loss(&of_two) < loss(&of_one);
        let logits = if is_bent { of_two } else { of_one };
        let curve = |shape: &Shape| {
            let solution = shape.solve(samples.labels, samples.weights);
            let (low, high, intercept) = slopes(&solution.weights);
            let covariance = solution.covariance(&shape.design);
            Calibration { center, scale, low, high, intercept, covariance, steps: None }
        };
        // Of two slopes one may be 0, which would leave leads in their ties.
        let sigmoid = curve(&one);
        let of_steps = sigmoid.logits_of_new_rows_with_steps(margins, samples);
        if is_clearly_better(&of_steps, &logits, samples) {
            return Ok(sigmoid.with_steps(margins, samples.labels, samples.weights));
        }
        Ok(if is_bent { curve(&two) } else { sigmoid })
    }

    /// Returns the curve of margins that are log-odds already.
    pub(crate) fn none() -> Calibration {
        Calibration {
            center: 0.0,
            scale: 1.0,
            low: 1.0,
            high: 1.0,
            intercept: 0.0,
            covariance: Vec::new(),
            steps: None,
        }
    }

    /// Returns a curve that no outcome was asked for: a row of average points has the assumed chance, and a standard
    /// deviation of points more adds 1 to the log-odds. It is wide open on how wrong it may be.
    pub(crate) fn assumed(points: &[f64]) -> Calibration {
        let (center, scale) = center_and_scale(points, &vec![1.0; points.len()]);
        let covariance = vec![SLOPE_SPREAD.powi(2), 0.0, ASSUMED_SPREAD.powi(2)];
        Calibration { center, scale, low: 1.0, high: 1.0, intercept: assumed_log_odds(), covariance, steps: None }
    }

    /// Returns the probability of a row in the middle of an assumed curve.
    pub(crate) fn rate_assumed(&self) -> f64 {
        sigmoid(self.intercept)
    }

    /// Returns the 95 % interval of the probability of a margin whose own variance is known: of log-odds, by the
    /// variance of the margin and what the curve itself was not sure of. It holds the probability.
    pub(crate) fn interval(&self, margin: f64, variance: f64) -> Interval {
        let z = (margin - self.center) / self.scale;
        let [under, over] = arms(z);
        let slope = (self.low * sigmoid(-z) + self.high * sigmoid(z)) / self.scale;
        let of_curve = match self.covariance.len() {
            3 => quadratic(&self.covariance, &[z, 1.0]),
            6 => quadratic(&self.covariance, &[under, over, 1.0]),
            _ => 0.0,
        };
        let spread = NORMAL_95 * (slope * slope * variance + of_curve).max(0.0).sqrt();
        let probability = self.probability(margin);
        let log_odds = (probability / (1.0 - probability)).ln();
        let [low, high] = [log_odds - spread, log_odds + spread].map(sigmoid);
        Interval { low: low.min(probability), high: high.max(probability) }
    }

    /// Returns whether the curve was drawn without outcomes.
    pub(crate) fn knows_its_spread(&self) -> bool {
        !self.covariance.is_empty()
    }

    fn with_steps(&self, margins: &[f64], labels: &[bool], weights: &[f32]) -> Calibration {
        Calibration { steps: Isotonic::fit(margins, labels, weights), ..self.clone() }
    }

    /// Returns what steps that were fitted to the other folds say of the rows of each fold, in log-odds.
    fn logits_of_new_rows_with_steps(&self, margins: &[f64], samples: Samples) -> Vec<f64> {
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

    /// Returns the probability that belongs to a margin, from 0 to 1; it never falls as the margin rises.
    pub fn probability(&self, margin: f64) -> f64 {
        let [low, high] = arms((margin - self.center) / self.scale);
        let smooth = sigmoid(self.intercept + self.low * low + self.high * high);
        match &self.steps {
            Some(steps) => SIGMOID_SHARE * smooth + (1.0 - SIGMOID_SHARE) * steps.probability(margin),
            None => smooth,
        }
    }

    /// Returns the curve in words for the model card.
    pub fn describe(&self) -> String {
        if let Some(steps) = &self.steps {
            return format!("isotonic, {} steps", steps.count());
        }
        let slope = |slope: f64| slope / self.scale;
        if self.low == self.high {
            format!("one slope, {:.3}", slope(self.low))
        } else {
            format!(
                "two slopes, {:.3} under a margin of {:.3}, {:.3} over it",
                slope(self.low),
                self.center,
                slope(self.high)
            )
        }
    }

    /// Returns why the stored curve cannot be used, if it cannot.
    pub(crate) fn problem(&self) -> Option<String> {
        let usable =
            self.scale > 0.0 && self.low >= 0.0 && self.high >= 0.0 && matches!(self.covariance.len(), 0 | 3 | 6);
        let steps_usable = self.steps.as_ref().is_none_or(Isotonic::is_usable);
        (!(usable && steps_usable)).then(|| "its calibration is not a rising curve".to_owned())
    }
}

/// The two halves of a bent line; their sum is the straight one.
fn arms(z: f64) -> [f64; 2] {
    [-softplus(-z), softplus(z)]
}

/// One slope or two.
struct Shape<'a> {
    design: Design,
    standard: &'a [f64],
}

impl Shape<'_> {
    fn solve(&self, labels: &[bool], weights: &[f32]) -> newton::Solution {
        let prior = newton::Prior::ridge(STRENGTH, vec![Monotone::Increasing; self.design.width]);
        newton::minimise(&self.design, labels, weights, &prior, None)
    }

    /// Returns what the shape that was fitted to the other folds says of the rows of each fold, in log-odds.
    fn logits_of_new_rows(&self, samples: Samples) -> Vec<f64> {
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

/// Returns `xᵀ C x` of a symmetric matrix that is given as its lower half.
pub(crate) fn quadratic(lower: &[f64], x: &[f64]) -> f64 {
    let mut sum = 0.0;
    for (row, left) in x.iter().enumerate() {
        for (column, right) in x[..=row].iter().enumerate() {
            let twice = if row == column { 1.0 } else { 2.0 };
            sum += twice * lower[row * (row + 1) / 2 + column] * left * right;
        }
    }
    sum
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

/// Returns the weights with those of a fold put to 0. Rows come in time order, so a fold takes every fifth and each has
/// rows of all times.
fn without_fold(weights: &[f32], fold: usize) -> Vec<f32> {
    weights.iter().enumerate().map(|(row, weight)| if row % FOLDS == fold { 0.0 } else { *weight }).collect()
}

fn center_and_scale(margins: &[f64], weights: &[f32]) -> (f64, f64) {
    let total: f64 = weights.iter().map(|weight| f64::from(*weight)).sum();
    let mean = |value: &dyn Fn(f64) -> f64| {
        margins.iter().zip(weights).map(|(margin, weight)| f64::from(*weight) * value(*margin)).sum::<f64>() / total
    };
    let center = mean(&|margin| margin);
    let scale = mean(&|margin| (margin - center).powi(2)).sqrt();
    // All margins are the same: there is nothing to scale.
    (center, if scale > 1e-12 { scale } else { 1.0 })
}
