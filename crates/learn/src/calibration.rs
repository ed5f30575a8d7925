//! From a margin to a probability.
//!
//! Platt's sigmoid (1999) on held-out rows, or the same with one slope under the mean margin and another over it, where
//! that describes the rows better: the idea of beta calibration (Kull 2017), moved to where the rows are. Both slopes
//! are 0 or more, so a larger margin never gets a smaller score. Steps, as isotonic regression makes them, would give
//! many leads the same score and leave their order to chance.

use plumb_lead::Monotone;
use serde::{Deserialize, Serialize};

use crate::encoding::Design;
use crate::newton::{self, sigmoid, softplus};
use crate::{Error, Samples};

/// The L2 strength on the slopes: it only keeps them finite where the margin separates the classes perfectly.
const STRENGTH: f64 = 0.01;

/// How many parts the rows are cut into to choose between one slope and two.
const FOLDS: usize = 5;

/// A curve from margins to probabilities: `sigmoid(intercept - low * softplus(-z) + high * softplus(z))` of
/// `z = (margin - center) / scale`. With equal slopes it is Platt's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    center: f64,
    scale: f64,
    low: f64,
    high: f64,
    intercept: f64,
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
        let shape = if two.loss_on_new_rows(samples) < one.loss_on_new_rows(samples) { two } else { one };
        let (low, high, intercept) = shape.fit(samples.labels, samples.weights);
        Ok(Calibration { center, scale, low, high, intercept })
    }

    /// Returns the probability that belongs to a margin, from 0 to 1; it never falls as the margin rises.
    pub fn probability(&self, margin: f64) -> f64 {
        let [low, high] = arms((margin - self.center) / self.scale);
        sigmoid(self.intercept + self.low * low + self.high * high)
    }

    /// Returns the curve in words for the model card.
    pub fn describe(&self) -> String {
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
        let usable = self.scale > 0.0 && self.low >= 0.0 && self.high >= 0.0;
        (!usable).then(|| "its calibration is not a rising curve".to_owned())
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
    /// Returns the slopes and the intercept.
    fn fit(&self, labels: &[bool], weights: &[f32]) -> (f64, f64, f64) {
        let directions = vec![Monotone::Increasing; self.design.width];
        let solution = newton::minimise_in_direction(&self.design, labels, weights, STRENGTH, &directions, None);
        match solution[..] {
            [slope, intercept] => (slope, slope, intercept),
            [low, high, intercept] => (low, high, intercept),
            _ => unreachable!("a shape has one slope or two"),
        }
    }

    /// Returns the log loss on the rows of each fold after fitting on the others.
    fn loss_on_new_rows(&self, samples: Samples) -> f64 {
        let mut logits = vec![0.0; self.standard.len()];
        for fold in 0..FOLDS {
            // Rows come in time order, so a fold takes every fifth and each has rows of all times.
            let weights = samples.weights.iter().enumerate();
            let weights: Vec<f32> =
                weights.map(|(row, weight)| if row % FOLDS == fold { 0.0 } else { *weight }).collect();
            let (low, high, intercept) = self.fit(samples.labels, &weights);
            for (logit, z) in logits.iter_mut().zip(self.standard).skip(fold).step_by(FOLDS) {
                let [under, over] = arms(*z);
                *logit = intercept + low * under + high * over;
            }
        }
        newton::log_loss(&logits, samples.labels, samples.weights)
    }
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
