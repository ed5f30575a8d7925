//! The logistic loss with a Gaussian prior, its gradient and its Hessian.
//!
//! Rows are cut into pieces whose number depends on the rows alone; the sums of the pieces are added in their order, so that
//! the number of threads changes no bit.

use super::cholesky::dot;
use super::design::Design;

/// The most pieces that rows are cut into, and the fewest rows of one.
const PIECES_MAX: usize = 16;
const PIECE_ROWS_MIN: usize = 4096;

/// Rows whose parts of the Hessian are added at once, so that each sum is read and written a quarter as often.
const TOGETHER: usize = 4;

/// The loss: `sum of weight * log loss + sum of precision / 2 * (column weight - mean)²`; all in the inner order.
pub(super) struct Problem<'a> {
    pub(super) design: &'a Design,
    pub(super) labels: &'a [bool],
    pub(super) weights: &'a [f32],
    pub(super) means: Vec<f64>,
    pub(super) precisions: Vec<f64>,
    /// The columns whose weight is fixed at its start.
    pub(super) fixed: Vec<bool>,
}

/// The loss at a point, its gradient, and the lower half of its Hessian.
#[derive(Clone, Debug)]
pub(super) struct Derivatives {
    pub(super) loss: f64,
    pub(super) gradient: Vec<f64>,
    pub(super) hessian: Vec<f64>,
}

impl Problem<'_> {
    /// Returns the loss and its derivatives at a point.
    pub(super) fn derivatives(&self, solution: &[f64]) -> Derivatives {
        let rows = self.design.rows;
        let piece = rows.div_ceil(PIECES_MAX).max(PIECE_ROWS_MIN);
        let pieces: Vec<std::ops::Range<usize>> =
            (0..rows).step_by(piece).map(|from| from..rows.min(from + piece)).collect();
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(pieces.len());
        let sum = |piece: &std::ops::Range<usize>| self.sum(piece.clone(), solution);
        let sums: Vec<Derivatives> = if threads < 2 {
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
        let none = Derivatives { loss: 0.0, gradient: vec![0.0; size], hessian: vec![0.0; size * size] };
        let mut all = sums.into_iter().fold(none, Derivatives::add);
        self.add_prior(solution, &mut all);
        all
    }

    /// Sums over some rows.
    fn sum(&self, rows: std::ops::Range<usize>, solution: &[f64]) -> Derivatives {
        let (size, full) = (solution.len(), self.design.full);
        let mut sums = Derivatives { loss: 0.0, gradient: vec![0.0; size], hessian: vec![0.0; size * size] };
        let (of_numbers, _) = solution.split_at(full);
        let last = rows.end;
        for first in rows.step_by(TOGETHER) {
            let (none, mut curves) = (self.design.row(first).0, [0.0; TOGETHER]);
            let mut together = [none; TOGETHER];
            for (row, (curve, kept)) in (first..last).zip(curves.iter_mut().zip(&mut together)) {
                let (numbers, set) = self.design.row(row);
                let margin = dot(numbers, of_numbers) + set.iter().map(|place| solution[*place as usize]).sum::<f64>();
                let (loss, slope, curvature) = of_row(margin, self.labels[row], f64::from(self.weights[row]));
                sums.loss += loss;
                numbers.iter().zip(&mut sums.gradient).for_each(|(number, sum)| *sum += slope * number);
                for (index, place) in set.iter().map(|place| *place as usize).enumerate() {
                    sums.gradient[place] += slope;
                    let line = &mut sums.hessian[place * size..][..size];
                    numbers.iter().zip(line.iter_mut()).for_each(|(number, sum)| *sum += curvature * number);
                    // Places ascend along a row only within a feature; each pair is kept in the lower half.
                    for other in set[..=index].iter().map(|other| *other as usize) {
                        sums.hessian[place.max(other) * size + place.min(other)] += curvature;
                    }
                }
                (*curve, *kept) = (curvature, numbers);
            }
            add_products(&mut sums.hessian, size, together, curves);
        }
        sums
    }

    fn add_prior(&self, solution: &[f64], sums: &mut Derivatives) {
        let size = solution.len();
        for (place, weight) in solution.iter().enumerate() {
            let (away, precision) = (weight - self.means[place], self.precisions[place]);
            sums.loss += precision / 2.0 * away * away;
            sums.gradient[place] += precision * away;
            sums.hessian[place * size + place] += precision;
        }
        for place in (0..size).filter(|place| self.fixed[*place]) {
            sums.gradient[place] = 0.0;
            (0..size).for_each(|other| sums.hessian[place.max(other) * size + place.min(other)] = 0.0);
            sums.hessian[place * size + place] = 1.0;
        }
    }
}

impl Derivatives {
    fn add(mut self, other: Derivatives) -> Derivatives {
        self.loss += other.loss;
        self.gradient.iter_mut().zip(other.gradient).for_each(|(sum, more)| *sum += more);
        self.hessian.iter_mut().zip(other.hessian).for_each(|(sum, more)| *sum += more);
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

/// Adds to the lower half of the Hessian the products of the numbers of some rows.
fn add_products(hessian: &mut [f64], size: usize, rows: [&[f64]; TOGETHER], curves: [f64; TOGETHER]) {
    let [first, second, third, fourth] = rows;
    for place in 0..first.len() {
        let [a, b, c, d] = std::array::from_fn(|row| curves[row] * rows[row][place]);
        let sums = &mut hessian[place * size..][..=place];
        let others = first.iter().zip(second).zip(third.iter().zip(fourth));
        for (sum, ((one, two), (three, four))) in sums.iter_mut().zip(others) {
            *sum += (a * one + b * two) + (c * three + d * four);
        }
    }
}
