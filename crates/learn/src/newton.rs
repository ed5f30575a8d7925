//! Newton's method for the penalised logistic loss, which is convex and has one minimum.

use plumb_lead::Monotone;

use crate::encoding::Design;

/// Returns the weights of least loss that keep their directions, and the intercept after them. A weight against its
/// direction is held at 0 and the others are fitted again, until none is left; each turn holds at least one more, so
/// it ends.
pub(crate) fn minimise_in_direction(
    design: &Design,
    labels: &[bool],
    weights: &[f32],
    strength: f64,
    directions: &[Monotone],
    start: Option<Vec<f64>>,
) -> Vec<f64> {
    let mut held = vec![false; design.width];
    let mut solution = start.unwrap_or_else(|| vec![0.0; design.width + 1]);
    loop {
        solution = minimise(&Problem { design, labels, weights, strength, held: &held }, solution);
        let against = |column: usize| match directions[column] {
            Monotone::Free => false,
            Monotone::Increasing => solution[column] < 0.0,
            Monotone::Decreasing => solution[column] > 0.0,
        };
        let wrong: Vec<usize> = (0..design.width).filter(|column| against(*column)).collect();
        if wrong.is_empty() {
            return solution;
        }
        for column in wrong {
            (held[column], solution[column]) = (true, 0.0);
        }
    }
}

/// The loss: `sum of weight * log loss + strength / 2 * sum of squared column weights`. The intercept is free.
struct Problem<'a> {
    design: &'a Design,
    labels: &'a [bool],
    weights: &'a [f32],
    strength: f64,
    /// The columns whose weight is held at what it is at the start.
    held: &'a [bool],
}

/// One constant converges in four or five steps.
const SHIFT_STEPS: usize = 12;

/// Newton's method converges in about ten steps; a hundred are never reached but by rounding at the very end.
const STEPS_MAX: usize = 100;

/// Returns the weights of least loss, and the intercept after them.
fn minimise(problem: &Problem, start: Vec<f64>) -> Vec<f64> {
    let mut solution = start;
    let mut loss = problem.loss(&solution);
    for _ in 0..STEPS_MAX {
        let Some(step) = problem.step(&solution) else { break };
        let mut share = 1.0;
        let improved = loop {
            let next: Vec<f64> = solution.iter().zip(&step).map(|(weight, step)| weight - share * step).collect();
            let loss_next = problem.loss(&next);
            if loss_next < loss {
                break Some((next, loss_next));
            }
            share /= 2.0;
            if share < 1e-6 {
                break None;
            }
        };
        let Some((next, loss_next)) = improved else { break };
        (solution, loss) = (next, loss_next);
        if step.iter().all(|step| step.abs() < 1e-10) {
            break;
        }
    }
    solution
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
    fn margins<'s>(&'s self, solution: &'s [f64]) -> impl Iterator<Item = f64> + 's {
        let intercept = solution[self.design.width];
        self.design
            .rows()
            .map(move |row| intercept + row.iter().map(|(column, value)| solution[*column] * value).sum::<f64>())
    }

    fn loss(&self, solution: &[f64]) -> f64 {
        let data: f64 = self
            .margins(solution)
            .zip(self.labels.iter().zip(self.weights))
            .map(|(margin, (label, weight))| f64::from(*weight) * softplus(if *label { -margin } else { margin }))
            .sum();
        let squares: f64 = solution[..self.design.width].iter().map(|weight| weight * weight).sum();
        data + self.strength / 2.0 * squares
    }

    /// Returns the Newton step: the Hessian's inverse times the gradient.
    fn step(&self, solution: &[f64]) -> Option<Vec<f64>> {
        let width = self.design.width;
        let size = width + 1;
        let mut gradient = vec![0.0; size];
        let mut hessian = vec![0.0; size * size];
        let mut row_with_intercept = Vec::new();
        for ((row, margin), (label, weight)) in
            self.design.rows().zip(self.margins(solution)).zip(self.labels.iter().zip(self.weights))
        {
            let probability = sigmoid(margin);
            let slope = f64::from(*weight) * (probability - f64::from(u8::from(*label)));
            let curvature = f64::from(*weight) * probability * (1.0 - probability);
            row_with_intercept.clear();
            row_with_intercept.extend_from_slice(row);
            row_with_intercept.push((width, 1.0));
            // Columns ascend along a row only within a feature, so the pair is ordered here: the lower half is kept.
            for (index, (column, value)) in row_with_intercept.iter().enumerate() {
                gradient[*column] += slope * value;
                let scaled = curvature * value;
                for (other, other_value) in &row_with_intercept[..=index] {
                    let (low, high) = if other < column { (*other, *column) } else { (*column, *other) };
                    hessian[high * size + low] += scaled * other_value;
                }
            }
        }
        for column in 0..width {
            gradient[column] += self.strength * solution[column];
            hessian[column * size + column] += self.strength;
        }
        for column in (0..width).filter(|column| self.held[*column]) {
            gradient[column] = 0.0;
            (0..size).for_each(|other| hessian[column.max(other) * size + column.min(other)] = 0.0);
            hessian[column * size + column] = 1.0;
        }
        solve(hessian, gradient)
    }
}

/// Solves a symmetric positive definite system, given as the lower half of its matrix, by Cholesky's decomposition;
/// `None` if rounding has made it indefinite, which happens when the data is perfectly separated but for the penalty.
fn solve(mut matrix: Vec<f64>, mut right: Vec<f64>) -> Option<Vec<f64>> {
    let size = right.len();
    for row in 0..size {
        for column in 0..=row {
            let (row_cells, column_cells) = (&matrix[row * size..][..column], &matrix[column * size..][..column]);
            let known: f64 = row_cells.iter().zip(column_cells).map(|(left, right)| left * right).sum();
            let rest = matrix[row * size + column] - known;
            if row > column {
                matrix[row * size + column] = rest / matrix[column * size + column];
            } else if rest > 0.0 {
                matrix[row * size + row] = rest.sqrt();
            } else {
                return None;
            }
        }
    }
    for row in 0..size {
        let known: f64 = (0..row).map(|column| matrix[row * size + column] * right[column]).sum();
        right[row] = (right[row] - known) / matrix[row * size + row];
    }
    for row in (0..size).rev() {
        let known: f64 = (row + 1..size).map(|below| matrix[below * size + row] * right[below]).sum();
        right[row] = (right[row] - known) / matrix[row * size + row];
    }
    Some(right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_typed_by_hand_is_solved() {
        // 4x + 2y = 10 and 2x + 3y = 11, so x = 1 and y = 3.
        let found = solve(vec![4.0, 0.0, 2.0, 3.0], vec![10.0, 11.0]).expect("positive definite");
        assert!((found[0] - 1.0).abs() < 1e-12 && (found[1] - 3.0).abs() < 1e-12, "{found:?}");
        assert_eq!(solve(vec![1.0, 0.0, 2.0, 1.0], vec![1.0, 1.0]), None);
    }

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
