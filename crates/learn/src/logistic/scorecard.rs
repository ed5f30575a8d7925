//! The scorecard: the points of the team's rules as a standardised column of a regression, and each feature's part of it.

use plumb_lead::{FeatureSet, Matrix};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::rules::{BoundRules, Rules};
use crate::samples::Samples;

/// The points of the rules as a column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Scorecard {
    rules: BoundRules,
    /// Mean points of each feature over the training rows.
    means: Vec<f64>,
    /// The standard deviation of their sum.
    scale: f64,
}

impl Scorecard {
    /// Returns the column of some rules; `None` if all rows have the same points.
    pub(super) fn learn(features: &FeatureSet, seen: Samples, rules: &Rules) -> Result<Option<Scorecard>, Error> {
        let unbound = rules.bind(features);
        let bound = (0..rules.rules.len()).filter(|index| !unbound.iter().any(|rule| rule.rule == *index));
        let rules = Rules { rules: bound.map(|index| rules.rules[index].clone()).collect(), means: Vec::new() };
        let rules = rules.bound(features)?;
        let total: f64 = seen.weights.iter().map(|weight| f64::from(*weight)).sum();
        let (mut means, mut squares) = (vec![0.0; seen.matrix.columns], 0.0);
        let points = rules.points(seen.matrix)?;
        let rows = || points.chunks_exact(seen.matrix.columns.max(1)).zip(seen.weights);
        for (points, weight) in rows() {
            means.iter_mut().zip(points).for_each(|(mean, points)| *mean += f64::from(*weight) / total * points);
        }
        let mean: f64 = means.iter().sum();
        for (points, weight) in rows() {
            squares += f64::from(*weight) / total * (points.iter().sum::<f64>() - mean).powi(2);
        }
        let scale = squares.sqrt();
        Ok((scale > 0.0).then_some(Scorecard { rules, means, scale }))
    }

    /// Returns the column: each row's points, standardised.
    pub(super) fn column(&self, matrix: &Matrix) -> Result<Vec<f64>, Error> {
        let parts = self.parts(matrix)?;
        Ok(parts.chunks_exact(matrix.columns.max(1)).map(|row| row.iter().sum()).collect())
    }

    /// Returns each feature's part in each row's column.
    pub(super) fn parts(&self, matrix: &Matrix) -> Result<Vec<f64>, Error> {
        let mut parts = self.rules.points(matrix)?;
        let means = self.means.iter().cycle();
        parts.iter_mut().zip(means).for_each(|(points, mean)| *points = (*points - mean) / self.scale);
        Ok(parts)
    }

    /// Returns the column of one row.
    pub(super) fn of_row(&self, row: &[f32]) -> f64 {
        (self.rules.sum(row) - self.means.iter().sum::<f64>()) / self.scale
    }

    /// Returns why the stored parts cannot be used; `None` if they can.
    pub(super) fn problem(&self, features: usize) -> Option<String> {
        let fits = self.means.len() == features && self.scale > 0.0;
        self.rules.problem(features).or_else(|| (!fits).then(|| "rules that do not fit its features".to_owned()))
    }
}
