//! Rules bound to the columns of a feature set.

use plumb_lead::Matrix;
use serde::{Deserialize, Serialize};

use super::value_test::ValueTest;
use crate::error::Error;

/// Rules on the columns of one feature set: no name is looked up any more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct BoundRules {
    pub(super) rules: Vec<BoundRule>,
    pub(super) columns: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct BoundRule {
    pub(super) column: usize,
    pub(super) test: ValueTest,
    pub(super) points: f64,
}

impl BoundRules {
    /// Returns the points of each feature, row by row.
    pub(crate) fn points(&self, matrix: &Matrix) -> Result<Vec<f64>, Error> {
        if matrix.columns != self.columns {
            return Err(Error::Columns { found: matrix.columns, expected: self.columns });
        }
        let mut points = vec![0.0; matrix.rows * self.columns];
        for (row, points) in points.chunks_exact_mut(self.columns.max(1)).enumerate() {
            self.add(matrix.row(row), points);
        }
        Ok(points)
    }

    /// Returns the points of a row.
    pub(crate) fn sum(&self, row: &[f32]) -> f64 {
        self.rules.iter().filter(|rule| rule.test.holds(row[rule.column])).map(|rule| rule.points).sum()
    }

    /// Adds the points of each feature of a row.
    fn add(&self, row: &[f32], points: &mut [f64]) {
        for rule in self.rules.iter().filter(|rule| rule.test.holds(row[rule.column])) {
            points[rule.column] += rule.points;
        }
    }

    /// Returns why the stored rules cannot be used; `None` if they can.
    pub(crate) fn problem(&self, features: usize) -> Option<String> {
        let beyond = self.rules.iter().any(|rule| rule.column >= features);
        (beyond || self.columns != features).then(|| format!("rules that are not of {features} features"))
    }
}
