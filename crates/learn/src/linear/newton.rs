//! Newton's method for the logistic loss with a Gaussian prior of the weights, which is convex and has one minimum.
//!
//! It is written by hand, and no solver of a library is used, for three things at once: weights that keep a direction,
//! one-hot columns that are not spelled out, and the same bits on any number of threads.

use plumb_lead::Monotone;

use super::cholesky::{factored, substitute};
use super::derivatives::{Derivatives, Problem};
use super::design::Design;

/// The Gaussian prior of each weight, the intercept's last, and the direction that it must keep.
#[derive(Clone, Debug)]
pub(crate) struct Prior {
    /// The mean of each weight.
    pub(crate) means: Vec<f64>,
    /// One over the variance of each weight; 0 leaves it free.
    pub(crate) precisions: Vec<f64>,
    /// On which side of 0 each weight has to stay.
    pub(crate) directions: Vec<Monotone>,
}

/// The minimum of the loss.
#[derive(Clone, Debug)]
pub(crate) struct Solution {
    /// The weights, and the intercept after them.
    pub(crate) weights: Vec<f64>,
    /// The derivatives at the minimum, in the design's inner order.
    at_minimum: Derivatives,
    fixed: Vec<bool>,
}

/// Newton's method converges in about ten steps; a hundred are never reached but by rounding at the very end.
const STEPS_MAX: usize = 100;

/// A fall of the loss by less than this share of it cannot be told from rounding; the step that promises no more is the
/// last, and because the method squares the error it is exact.
const FALL_MIN: f64 = 1e-11;

impl Prior {
    /// Returns the prior of a ridge: all weights have the mean 0 and one precision, the intercept is free.
    pub(crate) fn ridge(strength: f64, directions: Vec<Monotone>) -> Prior {
        let mut precisions = vec![strength; directions.len()];
        precisions.push(0.0);
        Prior { means: vec![0.0; precisions.len()], precisions, directions }
    }
}

/// Returns the weights of least loss that keep their directions. A weight against its direction is fixed at 0 and the others
/// are fitted again, until none is left; each iteration fixes at least one more, so it ends.
pub(crate) fn minimise(
    design: &Design,
    labels: &[bool],
    weights: &[f32],
    prior: &Prior,
    start: Option<&[f64]>,
) -> Solution {
    let inner = |values: &[f64]| design.order.iter().map(|column| values[*column]).collect::<Vec<_>>();
    let mut problem = Problem {
        design,
        labels,
        weights,
        means: inner(&prior.means),
        precisions: inner(&prior.precisions),
        fixed: vec![false; design.order.len()],
    };
    let mut solution = inner(start.unwrap_or(&prior.means));
    let direction = |place: usize| prior.directions.get(design.order[place]).copied().unwrap_or(Monotone::Free);
    loop {
        let at_minimum = least(&problem, &mut solution);
        let against = |place: usize| match direction(place) {
            Monotone::Free => false,
            Monotone::Increasing => solution[place] < 0.0,
            Monotone::Decreasing => solution[place] > 0.0,
        };
        let wrong: Vec<usize> = (0..solution.len()).filter(|place| against(*place)).collect();
        if wrong.is_empty() {
            let mut outer = vec![0.0; solution.len()];
            design.order.iter().zip(&solution).for_each(|(column, weight)| outer[*column] = *weight);
            return Solution { weights: outer, at_minimum, fixed: problem.fixed };
        }
        for place in wrong {
            (problem.fixed[place], solution[place]) = (true, 0.0);
        }
    }
}

impl Solution {
    /// Returns the covariance of the weights by Laplace's approximation, the inverse of the Hessian, as the lower
    /// half of a matrix of all columns and the intercept. A weight that is fixed at 0 has none.
    pub(crate) fn covariance(&self, design: &Design) -> Vec<f64> {
        let size = self.weights.len();
        let mut covariance = vec![0.0; size * (size + 1) / 2];
        let Some(factor) = factored(self.at_minimum.hessian.clone(), size) else { return covariance };
        for place in (0..size).filter(|place| !self.fixed[*place]) {
            let mut unit = vec![0.0; size];
            unit[place] = 1.0;
            substitute(&factor, &mut unit);
            for (other, value) in unit.into_iter().enumerate() {
                let (one, two) = (design.order[place], design.order[other]);
                if two <= one && !self.fixed[other] {
                    covariance[one * (one + 1) / 2 + two] = value;
                }
            }
        }
        covariance
    }

    /// Returns the logarithm of the evidence for a prior by Laplace's approximation, without a constant: how likely it
    /// made the labels.
    pub(crate) fn log_evidence(&self, prior: &Prior) -> f64 {
        let size = self.weights.len();
        let Some(factor) = factored(self.at_minimum.hessian.clone(), size) else { return f64::NEG_INFINITY };
        let log_determinant: f64 = (0..size).map(|place| 2.0 * factor[place * size + place].ln()).sum();
        let proper = prior.precisions.iter().filter(|precision| **precision > 0.0);
        let log_prior: f64 = proper.map(|precision| precision.ln()).sum();
        0.5 * log_prior - self.at_minimum.loss - 0.5 * log_determinant
    }
}

/// Moves the solution to the minimum of the loss, and returns the derivatives there.
fn least(problem: &Problem, solution: &mut Vec<f64>) -> Derivatives {
    let size = solution.len();
    let mut here = problem.derivatives(solution);
    for _ in 0..STEPS_MAX {
        let Some(factor) = factored(here.hessian.clone(), size) else { break };
        let mut step = here.gradient.clone();
        substitute(&factor, &mut step);
        let promised = 0.5 * here.gradient.iter().zip(&step).map(|(slope, step)| slope * step).sum::<f64>();
        let is_last = promised <= FALL_MIN * here.loss.max(1.0);
        let mut share = 1.0;
        let next = loop {
            let next: Vec<f64> = solution.iter().zip(&step).map(|(weight, step)| weight - share * step).collect();
            let there = problem.derivatives(&next);
            if there.loss < here.loss || is_last {
                break Some((next, there));
            }
            share /= 2.0;
            if share < 1e-6 {
                break None;
            }
        };
        let Some((next, there)) = next else { break };
        (*solution, here) = (next, there);
        if is_last {
            break;
        }
    }
    here
}
