//! A fitted logistic regression: its margins, contributions and variances.

use plumb_lead::Matrix;
use serde::{Deserialize, Serialize};

use super::scorecard::Scorecard;
use crate::error::Error;
use crate::explanation::Explanation;
use crate::linear::Encoding;

/// A fitted logistic regression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Logistic {
    /// The factor of half the sum of squared weights in the loss; 1/C of scikit-learn.
    pub(super) strength: f64,
    /// The mean margin of the training rows.
    pub(super) base: f64,
    /// How each feature becomes columns.
    pub(super) encodings: Vec<Encoding>,
    /// A weight a column.
    pub(super) weights: Vec<f64>,
    /// The mean of each column over the training rows.
    pub(super) means: Vec<f64>,
    /// The team's rules, whose column is the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) rules: Option<Scorecard>,
    /// Covariance of the weights and the intercept, the lower half; empty in models of older programs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) covariance: Vec<f32>,
}

impl Logistic {
    /// Returns the L2 strength.
    pub fn strength(&self) -> f64 {
        self.strength
    }

    /// Returns the log-odds of each row.
    pub fn margins(&self, matrix: &Matrix) -> Result<Vec<f64>, Error> {
        let explanation = self.explain(matrix)?;
        Ok((0..matrix.rows).map(|row| explanation.margin(row)).collect())
    }

    /// Returns each feature's contribution to the log-odds: the sum over its columns of weight times distance from the mean.
    /// These are its SHAP values (Lundberg 2017, linear case, features taken as independent). The points of the rules are a
    /// sum over features, so each feature has its part of them too.
    pub fn explain(&self, matrix: &Matrix) -> Result<Explanation, Error> {
        let columns = self.encodings.len();
        self.check(matrix)?;
        // The contribution of a feature of which no column is set, which all its values start from.
        let rests: Vec<f64> = self
            .encodings
            .iter()
            .map(|encoding| -encoding.columns().map(|column| self.weights[column] * self.means[column]).sum::<f64>())
            .collect();
        let mut contributions = Vec::with_capacity(matrix.values.len());
        for row in 0..matrix.rows {
            for ((encoding, rest), value) in self.encodings.iter().zip(&rests).zip(matrix.row(row)) {
                let mut sum = *rest;
                let known = encoding.encode(*value, |column, value| sum += self.weights[column] * value);
                // Training had no such value, so it contributes nothing.
                contributions.push(if known { sum } else { 0.0 });
            }
        }
        if let Some(scorecard) = &self.rules {
            let weight = self.weights[self.weights.len() - 1];
            let parts = scorecard.parts(matrix)?;
            contributions.iter_mut().zip(parts).for_each(|(contribution, part)| *contribution += weight * part);
        }
        Ok(Explanation { base: self.base, columns, contributions })
    }

    /// Returns the variance of each row's log-odds, given what the weights were fitted on.
    pub(crate) fn variances(&self, matrix: &Matrix) -> Result<Vec<f64>, Error> {
        self.check(matrix)?;
        if self.covariance.is_empty() {
            return Ok(vec![0.0; matrix.rows]);
        }
        let mut set: Vec<(usize, f64)> = Vec::new();
        let variances = (0..matrix.rows).map(|row| {
            set.clear();
            for (encoding, value) in self.encodings.iter().zip(matrix.row(row)) {
                if !encoding.encode(*value, |column, value| set.push((column, value))) {
                    set.extend(encoding.columns().map(|column| (column, self.means[column])));
                }
            }
            if let Some(scorecard) = &self.rules {
                set.push((self.weights.len() - 1, scorecard.of_row(matrix.row(row))));
            }
            set.push((self.weights.len(), 1.0));
            self.variance(&set)
        });
        Ok(variances.collect())
    }

    fn variance(&self, set: &[(usize, f64)]) -> f64 {
        let mut sum = 0.0;
        for (index, (column, value)) in set.iter().enumerate() {
            let mut line = 0.0;
            for (other, other_value) in &set[..index] {
                let (low, high) = if other < column { (*other, *column) } else { (*column, *other) };
                line += other_value * f64::from(self.covariance[high * (high + 1) / 2 + low]);
            }
            let own = f64::from(self.covariance[column * (column + 1) / 2 + column]);
            sum += value * (2.0 * line + value * own);
        }
        sum.max(0.0)
    }

    fn check(&self, matrix: &Matrix) -> Result<(), Error> {
        let (found, expected) = (matrix.columns, self.encodings.len());
        if found == expected { Ok(()) } else { Err(Error::Columns { found, expected }) }
    }

    pub(super) fn intercept(&self) -> f64 {
        self.base - self.weights.iter().zip(&self.means).map(|(weight, mean)| weight * mean).sum::<f64>()
    }

    /// Returns why the stored parts do not fit together; `None` if they do.
    pub(crate) fn problem(&self, features: usize) -> Option<String> {
        if self.encodings.len() != features {
            return Some(format!("a regression of {} features, expected {features}", self.encodings.len()));
        }
        if self.weights.len() != self.means.len() {
            return Some(format!("{} weights but {} means", self.weights.len(), self.means.len()));
        }
        let width = self.weights.len();
        let size = width + 1;
        if !self.covariance.is_empty() && self.covariance.len() != size * (size + 1) / 2 {
            return Some(format!("{} covariances of {size} weights", self.covariance.len()));
        }
        if let Some(scorecard) = &self.rules {
            let problem = scorecard.problem(features);
            if problem.is_some() || width == 0 {
                return problem.or_else(|| Some("rules without a weight".to_owned()));
            }
        }
        let beyond = self.encodings.iter().flat_map(Encoding::columns).find(|column| *column >= width);
        beyond.map(|column| format!("a feature uses column {column} of {width}"))
    }
}
