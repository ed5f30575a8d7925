//! Logistic regression with an L2 penalty: the second rung of the ladder.
//!
//! Numbers are standardised and held inside the range that training saw, so that one absurd value cannot make one
//! absurd score. Categories are one-hot, rare levels pooled. A missing value has a weight of its own where training
//! saw enough of them. The features' directions (`monotone`) are kept by the numbers' and flags' weights.

use plumb_lead::{FeatureSet, Matrix, Monotone};
use serde::{Deserialize, Serialize};

use crate::encoding::{Design, Encoding};
use crate::newton;
use crate::{Error, Explanation, Samples};

/// The L2 strengths that are tried, strongest first, so that each fit starts near the last.
const STRENGTHS: [f64; 6] = [300.0, 100.0, 30.0, 10.0, 1.0, 0.1];

/// A fitted logistic regression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Logistic {
    /// The factor of half the sum of squared weights in the loss; 1/C of scikit-learn.
    strength: f64,
    /// The mean margin of the training rows.
    base: f64,
    /// How each feature becomes columns.
    encodings: Vec<Encoding>,
    /// A weight a column.
    weights: Vec<f64>,
    /// The mean of each column over the training rows.
    means: Vec<f64>,
}

impl Logistic {
    /// Returns the regression with this L2 strength.
    pub fn fit(features: &FeatureSet, train: Samples, strength: f64) -> Result<Logistic, Error> {
        train.check(features, "train")?;
        if !(strength > 0.0 && strength.is_finite()) {
            let expected = "a number over 0";
            return Err(Error::Parameter { name: "strength", found: strength.to_string(), expected });
        }
        let fitting = Fitting::new(features, train);
        Ok(fitting.finish(strength, &fitting.solve(strength, None)))
    }

    /// Returns the regression whose L2 strength has the lowest log loss on the rows to choose on,
    /// after the best shift.
    pub fn search(features: &FeatureSet, train: Samples, valid: Samples) -> Result<Logistic, Error> {
        train.check(features, "train")?;
        valid.check(features, "choose on")?;
        let fitting = Fitting::new(features, train);
        let mut best: Option<(f64, Logistic)> = None;
        let mut weights = None;
        for strength in STRENGTHS {
            let solution = fitting.solve(strength, weights);
            let logistic = fitting.finish(strength, &solution);
            weights = Some(solution);
            let loss = newton::log_loss_shifted(&logistic.margins(valid.matrix)?, valid.labels, valid.weights);
            // A tie goes to the stronger penalty, which comes first.
            if best.as_ref().is_none_or(|(least, _)| loss < *least) {
                best = Some((loss, logistic));
            }
        }
        Ok(best.expect("at least one strength is tried").1)
    }

    /// Returns the L2 strength.
    pub fn strength(&self) -> f64 {
        self.strength
    }

    /// Returns the log-odds of each row.
    pub fn margins(&self, matrix: &Matrix) -> Result<Vec<f64>, Error> {
        let explanation = self.explain(matrix)?;
        Ok((0..matrix.rows).map(|row| explanation.margin(row)).collect())
    }

    /// Returns each feature's part in the log-odds: the sum over its columns of weight times distance from the mean.
    /// These are its SHAP values (Lundberg 2017, linear case, features taken as independent).
    pub fn explain(&self, matrix: &Matrix) -> Result<Explanation, Error> {
        let columns = self.encodings.len();
        if matrix.columns != columns {
            return Err(Error::Columns { found: matrix.columns, expected: columns });
        }
        // Contribution of a feature of which no column is set, which is the starting point of all its values.
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
                // Nothing was learned of such a value, so it speaks neither for nor against.
                contributions.push(if known { sum } else { 0.0 });
            }
        }
        Ok(Explanation { base: self.base, columns, contributions })
    }

    /// Returns why the stored parts do not fit together, if they do not.
    pub(crate) fn problem(&self, features: usize) -> Option<String> {
        if self.encodings.len() != features {
            return Some(format!("a regression of {} features, expected {features}", self.encodings.len()));
        }
        if self.weights.len() != self.means.len() {
            return Some(format!("{} weights but {} means", self.weights.len(), self.means.len()));
        }
        let width = self.weights.len();
        let beyond = self.encodings.iter().flat_map(Encoding::columns).find(|column| *column >= width);
        beyond.map(|column| format!("a feature uses column {column} of {width}"))
    }
}

/// What the fits of all strengths share.
struct Fitting<'a> {
    encodings: Vec<Encoding>,
    design: Design,
    means: Vec<f64>,
    directions: Vec<Monotone>,
    train: Samples<'a>,
}

impl<'a> Fitting<'a> {
    fn new(features: &FeatureSet, train: Samples<'a>) -> Fitting<'a> {
        let (encodings, width) = Encoding::learn(features, train);
        let design = Design::new(&encodings, width, train.matrix);
        let means = design.means(train.weights);
        let mut directions = vec![Monotone::Free; width];
        for (feature, encoding) in features.features.iter().zip(&encodings) {
            if let Encoding::Number { column, .. } = encoding {
                directions[*column] = feature.wording.monotone;
            }
        }
        Fitting { encodings, design, means, directions, train }
    }

    /// Returns the weights, and the intercept after them.
    fn solve(&self, strength: f64, start: Option<Vec<f64>>) -> Vec<f64> {
        let Samples { labels, weights, .. } = self.train;
        newton::minimise_in_direction(&self.design, labels, weights, strength, &self.directions, start)
    }

    fn finish(&self, strength: f64, solution: &[f64]) -> Logistic {
        let (intercept, weights) = solution.split_last().expect("the intercept is always there");
        let base = intercept + weights.iter().zip(&self.means).map(|(weight, mean)| weight * mean).sum::<f64>();
        Logistic {
            strength,
            base,
            encodings: self.encodings.clone(),
            weights: weights.to_vec(),
            means: self.means.clone(),
        }
    }
}
