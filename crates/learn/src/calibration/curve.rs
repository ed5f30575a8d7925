//! The curve: its probabilities and their intervals.

use plumb_lead::Interval;
use serde::{Deserialize, Serialize};

use super::isotonic::Isotonic;
use crate::assumptions::{ASSUMED_SPREAD, SLOPE_SPREAD, assumed_log_odds};
use crate::log_loss::{sigmoid, softplus};

/// Standard deviations to either side that hold 95 % of a normal distribution.
const NORMAL_95: f64 = 1.959_963_984_540_054;

/// How much of the sigmoid is mixed into steps.
const SIGMOID_SHARE: f64 = 0.01;

/// A curve from margins to probabilities: `sigmoid(intercept - low * softplus(-z) + high * softplus(z))` of
/// `z = (margin - center) / scale`. With equal slopes it is Platt's. With steps, these are the curve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    pub(super) center: f64,
    pub(super) scale: f64,
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) intercept: f64,
    /// Covariance of the slopes, one or two, and the intercept, the lower half; empty in models of older programs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) covariance: Vec<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) steps: Option<Isotonic>,
}

impl Calibration {
    /// Returns the curve of margins that are log-odds already.
    pub(crate) fn identity() -> Calibration {
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

    /// Returns a curve that is assumed and not fitted: a row of average points has the assumed share, and a standard
    /// deviation of points more adds 1 to the log-odds. Its intervals are wide.
    pub(crate) fn assumed(points: &[f64]) -> Calibration {
        let (center, scale) = center_and_scale(points, &vec![1.0; points.len()]);
        let covariance = vec![SLOPE_SPREAD.powi(2), 0.0, ASSUMED_SPREAD.powi(2)];
        Calibration { center, scale, low: 1.0, high: 1.0, intercept: assumed_log_odds(), covariance, steps: None }
    }

    /// Returns the probability of a row of average points by an assumed curve.
    pub(crate) fn assumed_rate(&self) -> f64 {
        sigmoid(self.intercept)
    }

    /// Returns the 95 % interval of the probability of a margin with a variance: that of the log-odds, by the variance of the
    /// margin and the covariance of the curve. It contains the probability.
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

    /// Returns whether the covariance of the curve is known; models of older programs lack it.
    pub(crate) fn has_covariance(&self) -> bool {
        !self.covariance.is_empty()
    }

    /// Returns the probability of a margin, from 0 to 1; it never falls as the margin rises.
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

    /// Returns why the stored curve cannot be used; `None` if it can.
    pub(crate) fn problem(&self) -> Option<String> {
        let usable =
            self.scale > 0.0 && self.low >= 0.0 && self.high >= 0.0 && matches!(self.covariance.len(), 0 | 3 | 6);
        let steps_usable = self.steps.as_ref().is_none_or(Isotonic::is_usable);
        (!(usable && steps_usable)).then(|| "its calibration is not a rising curve".to_owned())
    }
}

/// Returns the two halves of a bent line; their sum is the straight one.
pub(super) fn arms(z: f64) -> [f64; 2] {
    [-softplus(-z), softplus(z)]
}

/// Returns `xᵀ C x` of a symmetric matrix that is given as its lower half.
fn quadratic(lower: &[f64], x: &[f64]) -> f64 {
    let mut sum = 0.0;
    for (row, left) in x.iter().enumerate() {
        for (column, right) in x[..=row].iter().enumerate() {
            let twice = if row == column { 1.0 } else { 2.0 };
            sum += twice * lower[row * (row + 1) / 2 + column] * left * right;
        }
    }
    sum
}

/// Returns the weighted mean and standard deviation.
pub(super) fn center_and_scale(margins: &[f64], weights: &[f32]) -> (f64, f64) {
    let total: f64 = weights.iter().map(|weight| f64::from(*weight)).sum();
    let mean = |value: &dyn Fn(f64) -> f64| {
        margins.iter().zip(weights).map(|(margin, weight)| f64::from(*weight) * value(*margin)).sum::<f64>() / total
    };
    let center = mean(&|margin| margin);
    let scale = mean(&|margin| (margin - center).powi(2)).sqrt();
    // All margins are the same: there is nothing to scale.
    (center, if scale > 1e-12 { scale } else { 1.0 })
}
