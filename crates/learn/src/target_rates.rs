//! Target rates: a category's level becomes the share of positives among the rows that have it.
//!
//! A share of few rows is chance, so each is mixed with the overall rate. A training row gets a share that was counted
//! without it, or the trees would read its own label there.

use std::borrow::Cow;

use plumb_lead::Matrix;
use serde::{Deserialize, Serialize};

use crate::samples::Samples;

/// Rows are dealt out to folds in turn; the share of a fold's rows is counted in the others.
const FOLDS: usize = 5;

/// As many rows of the overall rate are mixed into the rate of each level.
const SMOOTHING: f64 = 20.0;

/// The target rates of the categories of a feature set; empty where the trees see codes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct TargetRates(Vec<ColumnRates>);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct ColumnRates {
    column: usize,
    /// A rate a level.
    rates: Vec<f64>,
}

impl TargetRates {
    /// Returns the rates for new rows, and the training rows with rates in the place of codes.
    /// `categories` are the columns, each with its number of levels.
    pub(crate) fn learn(categories: &[(usize, usize)], train: Samples) -> (TargetRates, Matrix) {
        let mut matrix = train.matrix.clone();
        let columns = categories.iter().map(|(column, levels)| {
            let counts = Counts::of(*column, *levels, train);
            let of_fold: Vec<Vec<f64>> = (0..FOLDS).map(|fold| counts.rates(Some(fold))).collect();
            for row in 0..matrix.rows {
                put_rate(&mut matrix.values[row * matrix.columns + column], &of_fold[row % FOLDS]);
            }
            ColumnRates { column: *column, rates: counts.rates(None) }
        });
        let rates = TargetRates(columns.collect());
        (rates, matrix)
    }

    /// Returns rates that were counted elsewhere, for the levels of some columns.
    pub(crate) fn of(numbers: Vec<(usize, Vec<f64>)>) -> TargetRates {
        TargetRates(numbers.into_iter().map(|(column, rates)| ColumnRates { column, rates }).collect())
    }

    /// Returns the columns with the rates of their levels.
    pub(crate) fn columns(&self) -> impl Iterator<Item = (usize, &[f64])> {
        self.0.iter().map(|column| (column.column, column.rates.as_slice()))
    }

    /// Returns rows with rates in the place of codes.
    pub(crate) fn apply<'m>(&self, matrix: &'m Matrix) -> Cow<'m, Matrix> {
        if self.is_empty() {
            return Cow::Borrowed(matrix);
        }
        let mut encoded = matrix.clone();
        if encoded.columns == 0 {
            return Cow::Owned(encoded);
        }
        for row in encoded.values.chunks_exact_mut(encoded.columns) {
            for ColumnRates { column, rates } in &self.0 {
                if let Some(value) = row.get_mut(*column) {
                    put_rate(value, rates);
                }
            }
        }
        Cow::Owned(encoded)
    }

    /// Returns whether the trees see codes.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns why stored rates do not fit a number of columns; `None` if they do.
    pub(crate) fn problem(&self, columns: usize) -> Option<String> {
        let beyond = self.0.iter().find(|rates| rates.column >= columns);
        beyond.map(|rates| format!("rates of column {} of {columns}", rates.column))
    }
}

/// A code becomes its rate; one that is not known becomes missing.
fn put_rate(value: &mut f32, rates: &[f64]) {
    if !value.is_nan() {
        *value = rates.get(*value as usize).map_or(f32::NAN, |rate| *rate as f32);
    }
}

/// Rows and positives of each level and fold, by weight.
struct Counts {
    levels: Vec<[(f64, f64); FOLDS]>,
    all: [(f64, f64); FOLDS],
}

impl Counts {
    fn of(column: usize, levels: usize, train: Samples) -> Counts {
        let mut counts = Counts { levels: vec![[(0.0, 0.0); FOLDS]; levels], all: [(0.0, 0.0); FOLDS] };
        for (row, code) in train.matrix.column(column).enumerate() {
            let (weight, fold) = (f64::from(train.weights[row]), row % FOLDS);
            let positive = if train.labels[row] { weight } else { 0.0 };
            let level = if code.is_nan() { None } else { counts.levels.get_mut(code as usize) };
            for sums in level.into_iter().chain([&mut counts.all]) {
                sums[fold].0 += weight;
                sums[fold].1 += positive;
            }
        }
        counts
    }

    /// Returns each level's rate, counted without a fold.
    fn rates(&self, without: Option<usize>) -> Vec<f64> {
        let sum = |sums: &[(f64, f64); FOLDS]| {
            let kept = sums.iter().enumerate().filter(|(fold, _)| Some(*fold) != without);
            kept.fold((0.0, 0.0), |total, (_, sum)| (total.0 + sum.0, total.1 + sum.1))
        };
        let (rows, positives) = sum(&self.all);
        let overall = if rows > 0.0 { positives / rows } else { 0.5 };
        let rate = |(rows, positives): (f64, f64)| (positives + SMOOTHING * overall) / (rows + SMOOTHING);
        self.levels.iter().map(|sums| rate(sum(sums))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_of_a_training_row_is_counted_without_its_fold() {
        // Level 1 has one row, which is positive; 4 of the other 9 are.
        let mut codes = vec![0.0; 9];
        codes.push(1.0);
        let matrix = Matrix { values: codes, rows: 10, columns: 1 };
        let labels: Vec<bool> = (0..10).map(|row| row % 2 == 1).collect();
        let train = Samples { matrix: &matrix, labels: &labels, weights: &[1.0; 10] };
        let (rates, encoded) = TargetRates::learn(&[(0, 2)], train);
        // By hand: row 9 is of fold 4, with row 4; of the other 8 rows 4 are positive, so it gets the overall 0.5.
        assert_eq!(encoded.values[9], 0.5);
        let new = Matrix { values: vec![1.0, 7.0, f32::NAN], rows: 3, columns: 1 };
        let encoded = rates.apply(&new);
        // (1 + 20 * 0.5) / 21; a level that is not known is missing.
        assert!((encoded.values[0] - 11.0 / 21.0).abs() < 1e-6, "{}", encoded.values[0]);
        assert!(encoded.values[1].is_nan() && encoded.values[2].is_nan());
    }
}
