//! How well each column alone, and all others together, rank rows.
//!
//! Each column is turned into log-odds that are learned from other rows, and several columns are combined by a linear
//! discriminant of these log-odds. It is quick and roughly as good as a logistic regression: enough to compare one column
//! with the rest.

use plumb_lead::{MISSING_LEVEL, Table, Values};

use crate::error::Error;
use crate::metrics;

/// Rows are dealt out to folds in turn, so that each fold is like the whole file even if it is sorted.
const FOLDS: usize = 5;

/// Numbers are cut into this many bins of equal count.
const BINS: usize = 50;

/// As many rows of the overall rate are mixed into the rate of each bin.
const SMOOTHING: f64 = 10.0;

/// Keeps the discriminant solvable when two columns say the same.
const RIDGE: f64 = 1e-3;

/// Log-odds of every row and column, each learned from the folds that the row is not in.
pub(super) struct ColumnLogOdds {
    rows: usize,
    /// A column after the other.
    columns: Vec<Vec<f64>>,
    /// Of each fold, the sums over its rows from which a discriminant is solved.
    moments: Vec<Moments>,
}

impl ColumnLogOdds {
    pub(super) fn new(table: &Table, labels: &[bool]) -> Result<ColumnLogOdds, Error> {
        if labels.is_empty() {
            return Err(Error::NoRows { doing: "look for leaks in" });
        }
        let columns: Vec<Vec<f64>> =
            table.columns().iter().map(|column| log_odds(&bins(&column.values), labels)).collect();
        let moments = (0..FOLDS).map(|fold| Moments::of(&columns, labels, fold)).collect();
        Ok(ColumnLogOdds { rows: labels.len(), columns, moments })
    }

    /// Returns the AUC of one column alone.
    pub(super) fn auc_alone(&self, column: usize, labels: &[bool]) -> Result<f64, Error> {
        metrics::auc(&self.columns[column], labels)
    }

    /// Returns the AUC of all columns but one together.
    pub(super) fn auc_of_others(&self, column: usize, labels: &[bool]) -> Result<f64, Error> {
        let others: Vec<usize> = (0..self.columns.len()).filter(|other| *other != column).collect();
        if others.is_empty() {
            return Ok(0.5);
        }
        let mut scores = vec![0.0; self.rows];
        for fold in 0..FOLDS {
            let weights =
                Moments::sum(self.moments.iter().enumerate().filter(|(other, _)| *other != fold)).discriminant(&others);
            for row in (fold..self.rows).step_by(FOLDS) {
                scores[row] =
                    others.iter().zip(&weights).map(|(other, weight)| self.columns[*other][row] * weight).sum();
            }
        }
        metrics::auc(&scores, labels)
    }
}

/// The bin of each row; missing values have one of their own.
fn bins(values: &Values) -> Vec<usize> {
    match values {
        Values::Category { codes, levels } => {
            codes.iter().map(|code| if *code == MISSING_LEVEL { levels.len() } else { *code as usize }).collect()
        }
        Values::Number(values) | Values::Flag(values) => {
            let mut sorted: Vec<f32> = values.iter().copied().filter(|value| !value.is_nan()).collect();
            sorted.sort_by(f32::total_cmp);
            let mut edges: Vec<f32> =
                (1..BINS).filter_map(|bin| sorted.get(bin * sorted.len() / BINS)).copied().collect();
            edges.dedup();
            // The least value is no edge where it fills bins: what is over it is another bin.
            let bin = |value: &f32| edges.partition_point(|edge| edge < value);
            values.iter().map(|value| if value.is_nan() { BINS + 1 } else { bin(value) }).collect()
        }
    }
}

/// The log-odds of each row's bin, from the rows of the other folds.
fn log_odds(bins: &[usize], labels: &[bool]) -> Vec<f64> {
    let count = bins.iter().max().map_or(0, |bin| bin + 1);
    let mut sums = vec![[(0.0, 0.0); FOLDS]; count];
    let mut all = [(0.0, 0.0); FOLDS];
    for (row, (bin, label)) in bins.iter().zip(labels).enumerate() {
        let fold = row % FOLDS;
        for sum in [&mut sums[*bin][fold], &mut all[fold]] {
            sum.0 += 1.0;
            sum.1 += f64::from(u8::from(*label));
        }
    }
    let without = |sums: &[(f64, f64); FOLDS], fold: usize| {
        sums.iter()
            .enumerate()
            .filter(|(other, _)| *other != fold)
            .fold((0.0, 0.0), |total, (_, sum)| (total.0 + sum.0, total.1 + sum.1))
    };
    let rates: Vec<f64> =
        (0..FOLDS).map(|fold| without(&all, fold)).map(|(rows, positives)| (positives + 0.5) / (rows + 1.0)).collect();
    let odds: Vec<[f64; FOLDS]> = sums
        .iter()
        .map(|sums| {
            std::array::from_fn(|fold| {
                let (rows, positives) = without(sums, fold);
                let rate = (positives + SMOOTHING * rates[fold]) / (rows + SMOOTHING);
                (rate / (1.0 - rate)).ln() - (rates[fold] / (1.0 - rates[fold])).ln()
            })
        })
        .collect();
    bins.iter().enumerate().map(|(row, bin)| odds[*bin][row % FOLDS]).collect()
}

/// Sums over rows: counts, values by class, products.
#[derive(Clone, Debug, Default)]
struct Moments {
    rows: [f64; 2],
    sums: [Vec<f64>; 2],
    products: Vec<Vec<f64>>,
}

impl Moments {
    fn empty(columns: usize) -> Moments {
        let sums = [vec![0.0; columns], vec![0.0; columns]];
        Moments { rows: [0.0; 2], sums, products: vec![vec![0.0; columns]; columns] }
    }

    fn of(columns: &[Vec<f64>], labels: &[bool], fold: usize) -> Moments {
        let mut moments = Moments::empty(columns.len());
        let rows = || (fold..labels.len()).step_by(FOLDS);
        rows().for_each(|row| moments.rows[usize::from(labels[row])] += 1.0);
        for (index, column) in columns.iter().enumerate() {
            rows().for_each(|row| moments.sums[usize::from(labels[row])][index] += column[row]);
            for (other, other_column) in columns.iter().enumerate().take(index + 1) {
                let product = rows().map(|row| column[row] * other_column[row]).sum();
                moments.products[index][other] = product;
                moments.products[other][index] = product;
            }
        }
        moments
    }

    fn sum<'a>(parts: impl Iterator<Item = (usize, &'a Moments)>) -> Moments {
        parts.map(|(_, part)| part).fold(Moments::default(), |total, part| {
            if total.products.is_empty() {
                return part.clone();
            }
            let add = |left: &[f64], right: &[f64]| left.iter().zip(right).map(|(left, right)| left + right).collect();
            Moments {
                rows: [total.rows[0] + part.rows[0], total.rows[1] + part.rows[1]],
                sums: [add(&total.sums[0], &part.sums[0]), add(&total.sums[1], &part.sums[1])],
                products: total.products.iter().zip(&part.products).map(|(left, right)| add(left, right)).collect(),
            }
        })
    }

    /// Returns the weights that separate the classes best: the inverse of the covariance within them times the distance
    /// of their means.
    fn discriminant(&self, columns: &[usize]) -> Vec<f64> {
        let mean = |class: usize, column: usize| self.sums[class][column] / self.rows[class].max(1.0);
        let rows = (self.rows[0] + self.rows[1]).max(1.0);
        let covariance = |left: usize, right: usize| {
            let between: f64 = (0..2).map(|class| self.rows[class] * mean(class, left) * mean(class, right)).sum();
            let ridge = if left == right { RIDGE } else { 0.0 };
            (self.products[left][right] - between) / rows + ridge
        };
        let matrix =
            columns.iter().map(|left| columns.iter().map(|right| covariance(*left, *right)).collect()).collect();
        solve(matrix, columns.iter().map(|column| mean(1, *column) - mean(0, *column)).collect())
    }
}

/// Solves a positive definite system by elimination; the ridge makes ours one.
fn solve(mut matrix: Vec<Vec<f64>>, mut right: Vec<f64>) -> Vec<f64> {
    let size = right.len();
    for pivot in 0..size {
        let (above, below) = matrix.split_at_mut(pivot + 1);
        let row_pivot = &above[pivot];
        for (offset, row) in below.iter_mut().enumerate() {
            let factor = row[pivot] / row_pivot[pivot];
            row.iter_mut().zip(row_pivot).skip(pivot).for_each(|(value, above)| *value -= factor * above);
            right[pivot + 1 + offset] -= factor * right[pivot];
        }
    }
    for pivot in (0..size).rev() {
        let known: f64 = (pivot + 1..size).map(|column| matrix[pivot][column] * right[column]).sum();
        right[pivot] = (right[pivot] - known) / matrix[pivot][pivot];
    }
    right
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_is_solved() {
        // By hand: x = (1, -2, 3).
        let matrix = vec![vec![4.0, 1.0, 0.0], vec![1.0, 3.0, 1.0], vec![0.0, 1.0, 2.0]];
        let found = solve(matrix, vec![2.0, -2.0, 4.0]);
        for (found, expected) in found.iter().zip([1.0, -2.0, 3.0]) {
            assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
        }
    }

    #[test]
    fn zeros_and_missing_values_have_bins_of_their_own() {
        let mut values = vec![0.0; 98];
        values.extend([3.0, f32::NAN]);
        let bins = bins(&Values::Number(values));
        assert_eq!((bins[0], bins[97]), (0, 0));
        assert!(bins[98] > 0 && bins[99] > bins[98]);
    }
}
