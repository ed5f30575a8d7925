//! Newton's method for the logistic loss with a Gaussian prior of the weights, which is convex and has one minimum.
//!
//! Rows are cut into pieces whose number depends on the rows alone; sums of pieces are added in their order, so that the
//! number of threads changes no bit.

use plumb_lead::Monotone;

use crate::cholesky::{dot, factored, substitute};
use crate::encoding::Design;

/// The Gaussian prior of each weight, the intercept's last, and the direction that it must keep.
#[derive(Clone, Debug)]
pub(crate) struct Prior {
    /// What the weights are drawn to.
    pub(crate) means: Vec<f64>,
    /// How strongly: one over the variance; 0 leaves a weight free.
    pub(crate) precisions: Vec<f64>,
    /// On which side of 0 a weight has to stay.
    pub(crate) directions: Vec<Monotone>,
}

/// Where the loss is least.
#[derive(Clone, Debug)]
pub(crate) struct Solution {
    /// The weights, and the intercept after them.
    pub(crate) weights: Vec<f64>,
    /// Loss and curvature there, in the design's inner order.
    least: Pass,
    held: Vec<bool>,
}

/// One constant converges in four or five steps.
const SHIFT_STEPS: usize = 12;

/// Newton's method converges in about ten steps; a hundred are never reached but by rounding at the very end.
const STEPS_MAX: usize = 100;

/// A fall of the loss by less than this share of it cannot be told from rounding; the step that promises no more is the
/// last, and because the method squares the error it is exact.
const FALL_MIN: f64 = 1e-11;

/// The most pieces that rows are cut into, and the fewest rows of one.
const PIECES_MAX: usize = 16;
const PIECE_ROWS_MIN: usize = 4096;

/// Rows whose parts of the curvature are added at once, so that each sum is read and written a quarter as often.
const TOGETHER: usize = 4;

impl Prior {
    /// Returns the prior of a ridge: all weights drawn to 0 by one strength, the intercept free.
    pub(crate) fn ridge(strength: f64, directions: Vec<Monotone>) -> Prior {
        let mut precisions = vec![strength; directions.len()];
        precisions.push(0.0);
        Prior { means: vec![0.0; precisions.len()], precisions, directions }
    }
}

/// Returns the weights of least loss that keep their directions. A weight against its direction is held at 0 and the
/// others are fitted again, until none is left; each turn holds at least one more, so it ends.
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
        held: vec![false; design.order.len()],
    };
    let mut solution = inner(start.unwrap_or(&prior.means));
    let direction = |place: usize| prior.directions.get(design.order[place]).copied().unwrap_or(Monotone::Free);
    loop {
        let least = problem.least(&mut solution);
        let against = |place: usize| match direction(place) {
            Monotone::Free => false,
            Monotone::Increasing => solution[place] < 0.0,
            Monotone::Decreasing => solution[place] > 0.0,
        };
        let wrong: Vec<usize> = (0..solution.len()).filter(|place| against(*place)).collect();
        if wrong.is_empty() {
            let mut outer = vec![0.0; solution.len()];
            design.order.iter().zip(&solution).for_each(|(column, weight)| outer[*column] = *weight);
            return Solution { weights: outer, least, held: problem.held };
        }
        for place in wrong {
            (problem.held[place], solution[place]) = (true, 0.0);
        }
    }
}

impl Solution {
    /// Returns the covariance of the weights by Laplace's approximation, the inverse of the curvature, as the lower
    /// half of a matrix of all columns and the intercept. What is held at 0 has none.
    pub(crate) fn covariance(&self, design: &Design) -> Vec<f64> {
        let size = self.weights.len();
        let mut covariance = vec![0.0; size * (size + 1) / 2];
        let Some(factor) = factored(self.least.curvature.clone(), size) else { return covariance };
        for place in (0..size).filter(|place| !self.held[*place]) {
            let mut unit = vec![0.0; size];
            unit[place] = 1.0;
            substitute(&factor, &mut unit);
            for (other, value) in unit.into_iter().enumerate() {
                let (one, two) = (design.order[place], design.order[other]);
                if two <= one && !self.held[other] {
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
        let Some(factor) = factored(self.least.curvature.clone(), size) else { return f64::NEG_INFINITY };
        let log_curvature: f64 = (0..size).map(|place| 2.0 * factor[place * size + place].ln()).sum();
        let known = prior.precisions.iter().filter(|precision| **precision > 0.0);
        let log_prior: f64 = known.map(|precision| precision.ln()).sum();
        0.5 * log_prior - self.least.loss - 0.5 * log_curvature
    }
}

/// The loss: `sum of weight * log loss + sum of precision / 2 * (column weight - mean)²`; all in the inner order.
struct Problem<'a> {
    design: &'a Design,
    labels: &'a [bool],
    weights: &'a [f32],
    means: Vec<f64>,
    precisions: Vec<f64>,
    /// The columns whose weight is held at what it is at the start.
    held: Vec<bool>,
}

/// The loss at a point, its gradient, and the lower half of its curvature.
#[derive(Clone, Debug)]
struct Pass {
    loss: f64,
    gradient: Vec<f64>,
    curvature: Vec<f64>,
}

/// Returns the weighted mean negative log-likelihood of the labels given log-odds, in nats.
pub(crate) fn log_loss(margins: &[f64], labels: &[bool], weights: &[f32]) -> f64 {
    let (mut sum, mut total) = (0.0, 0.0);
    for ((margin, label), weight) in margins.iter().zip(labels).zip(weights) {
        let weight = f64::from(*weight);
        sum += weight * softplus(if *label { -margin } else { *margin });
        total += weight;
    }
    sum / total
}

/// Returns the log loss that is left when the best constant is added to all log-odds: what calibration corrects in any
/// case must not decide between models. Of rows that come later the share of positives is often another.
pub(crate) fn log_loss_shifted(margins: &[f64], labels: &[bool], weights: &[f32]) -> f64 {
    let mut shift = 0.0;
    for _ in 0..SHIFT_STEPS {
        let (mut slope, mut curvature) = (0.0, 0.0);
        for ((margin, label), weight) in margins.iter().zip(labels).zip(weights) {
            let (probability, weight) = (sigmoid(margin + shift), f64::from(*weight));
            slope += weight * (probability - f64::from(u8::from(*label)));
            curvature += weight * probability * (1.0 - probability);
        }
        // Held, because far from the minimum the curve is flat and the step would be wild.
        let step = (slope / curvature.max(f64::MIN_POSITIVE)).clamp(-2.0, 2.0);
        shift -= step;
        if step.abs() < 1e-6 {
            break;
        }
    }
    let shifted: Vec<f64> = margins.iter().map(|margin| margin + shift).collect();
    log_loss(&shifted, labels, weights)
}

/// `1 / (1 + exp(-margin))`, without overflow.
pub(crate) fn sigmoid(margin: f64) -> f64 {
    if margin >= 0.0 {
        1.0 / (1.0 + (-margin).exp())
    } else {
        let odds = margin.exp();
        odds / (1.0 + odds)
    }
}

/// `ln(1 + exp(x))`, without overflow.
pub(crate) fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

impl Problem<'_> {
    /// Moves the solution to where the loss is least, and returns what is there.
    fn least(&self, solution: &mut Vec<f64>) -> Pass {
        let size = solution.len();
        let mut here = self.pass(solution);
        for _ in 0..STEPS_MAX {
            let Some(factor) = factored(here.curvature.clone(), size) else { break };
            let mut step = here.gradient.clone();
            substitute(&factor, &mut step);
            let promised = 0.5 * here.gradient.iter().zip(&step).map(|(slope, step)| slope * step).sum::<f64>();
            let is_last = promised <= FALL_MIN * here.loss.max(1.0);
            let mut share = 1.0;
            let next = loop {
                let next: Vec<f64> = solution.iter().zip(&step).map(|(weight, step)| weight - share * step).collect();
                let there = self.pass(&next);
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

    fn pass(&self, solution: &[f64]) -> Pass {
        let rows = self.design.rows;
        let piece = rows.div_ceil(PIECES_MAX).max(PIECE_ROWS_MIN);
        let pieces: Vec<std::ops::Range<usize>> =
            (0..rows).step_by(piece).map(|from| from..rows.min(from + piece)).collect();
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(pieces.len());
        let sum = |piece: &std::ops::Range<usize>| self.sum(piece.clone(), solution);
        let sums: Vec<Pass> = if threads < 2 {
            pieces.iter().map(sum).collect()
        } else {
            std::thread::scope(|scope| {
                let shares = pieces.chunks(pieces.len().div_ceil(threads));
                let share = |share| scope.spawn(move || <[_]>::iter(share).map(sum).collect::<Vec<_>>());
                let running: Vec<_> = shares.map(share).collect();
                running.into_iter().flat_map(|thread| thread.join().expect("sums do not fail")).collect()
            })
        };
        let size = solution.len();
        let none = Pass { loss: 0.0, gradient: vec![0.0; size], curvature: vec![0.0; size * size] };
        let mut all = sums.into_iter().fold(none, Pass::add);
        self.add_prior(solution, &mut all);
        all
    }

    /// Sums over some rows.
    fn sum(&self, rows: std::ops::Range<usize>, solution: &[f64]) -> Pass {
        let (size, full) = (solution.len(), self.design.full);
        let mut pass = Pass { loss: 0.0, gradient: vec![0.0; size], curvature: vec![0.0; size * size] };
        let (of_numbers, _) = solution.split_at(full);
        let last = rows.end;
        for first in rows.step_by(TOGETHER) {
            let (none, mut curves) = (self.design.row(first).0, [0.0; TOGETHER]);
            let mut together = [none; TOGETHER];
            for (row, (curve, kept)) in (first..last).zip(curves.iter_mut().zip(&mut together)) {
                let (numbers, set) = self.design.row(row);
                let margin = dot(numbers, of_numbers) + set.iter().map(|place| solution[*place as usize]).sum::<f64>();
                let (loss, slope, curvature) = of_row(margin, self.labels[row], f64::from(self.weights[row]));
                pass.loss += loss;
                numbers.iter().zip(&mut pass.gradient).for_each(|(number, sum)| *sum += slope * number);
                for (index, place) in set.iter().map(|place| *place as usize).enumerate() {
                    pass.gradient[place] += slope;
                    let line = &mut pass.curvature[place * size..][..size];
                    numbers.iter().zip(line.iter_mut()).for_each(|(number, sum)| *sum += curvature * number);
                    // Places ascend along a row only within a feature; each pair is kept in the lower half.
                    for other in set[..=index].iter().map(|other| *other as usize) {
                        pass.curvature[place.max(other) * size + place.min(other)] += curvature;
                    }
                }
                (*curve, *kept) = (curvature, numbers);
            }
            add_products(&mut pass.curvature, size, together, curves);
        }
        pass
    }

    fn add_prior(&self, solution: &[f64], pass: &mut Pass) {
        let size = solution.len();
        for (place, weight) in solution.iter().enumerate() {
            let (away, precision) = (weight - self.means[place], self.precisions[place]);
            pass.loss += precision / 2.0 * away * away;
            pass.gradient[place] += precision * away;
            pass.curvature[place * size + place] += precision;
        }
        for place in (0..size).filter(|place| self.held[*place]) {
            pass.gradient[place] = 0.0;
            (0..size).for_each(|other| pass.curvature[place.max(other) * size + place.min(other)] = 0.0);
            pass.curvature[place * size + place] = 1.0;
        }
    }
}

impl Pass {
    fn add(mut self, other: Pass) -> Pass {
        self.loss += other.loss;
        self.gradient.iter_mut().zip(other.gradient).for_each(|(sum, more)| *sum += more);
        self.curvature.iter_mut().zip(other.curvature).for_each(|(sum, more)| *sum += more);
        self
    }
}

/// Returns a row's loss, and its first and second derivative by the margin.
fn of_row(margin: f64, label: bool, weight: f64) -> (f64, f64, f64) {
    let small = (-margin.abs()).exp();
    let probability = if margin >= 0.0 { 1.0 / (1.0 + small) } else { small / (1.0 + small) };
    let loss = (if label { -margin } else { margin }).max(0.0) + small.ln_1p();
    let slope = probability - f64::from(u8::from(label));
    (weight * loss, weight * slope, weight * probability * (1.0 - probability))
}

/// Adds to the lower half of the curvature the products of the numbers of some rows.
fn add_products(curvature: &mut [f64], size: usize, rows: [&[f64]; TOGETHER], curves: [f64; TOGETHER]) {
    let [first, second, third, fourth] = rows;
    for place in 0..first.len() {
        let [a, b, c, d] = std::array::from_fn(|row| curves[row] * rows[row][place]);
        let sums = &mut curvature[place * size..][..=place];
        let others = first.iter().zip(second).zip(third.iter().zip(fourth));
        for (sum, ((one, two), (three, four))) in sums.iter_mut().zip(others) {
            *sum += (a * one + b * two) + (c * three + d * four);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_makes_no_difference_to_the_shifted_loss() {
        let (margins, labels) = ([0.3, -1.2, 2.0, 0.1, -0.7], [true, false, true, false, true]);
        let loss = |shift: f64| {
            let margins = margins.map(|margin| margin + shift);
            log_loss_shifted(&margins, &labels, &[1.0; 5])
        };
        for shift in [0.0, -6.0, 4.0] {
            assert!((loss(shift) - loss(0.5)).abs() < 1e-9, "{shift}");
        }
        assert!(loss(0.0) <= log_loss(&margins, &labels, &[1.0; 5]));
    }

    #[test]
    fn extremes_do_not_overflow() {
        assert_eq!((sigmoid(1e4), sigmoid(-1e4)), (1.0, 0.0));
        assert_eq!((softplus(1e4), softplus(-1e4)), (1e4, 0.0));
    }
}
