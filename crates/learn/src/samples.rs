//! Labelled rows: what models are fitted on.

use std::borrow::Cow;

use plumb_lead::{FeatureKind, FeatureSet, Matrix};

use crate::error::Error;

/// Labelled rows.
#[derive(Clone, Copy, Debug)]
pub struct Samples<'a> {
    /// The rows, in the order of the feature set.
    pub matrix: &'a Matrix,
    /// A label a row.
    pub labels: &'a [bool],
    /// How much each row counts: 1 for an ordinary one.
    pub weights: &'a [f32],
}

impl Samples<'_> {
    /// Returns an error unless there are rows of both classes that fit the features, each with a usable weight.
    pub(crate) fn check(&self, features: &FeatureSet, doing: &'static str) -> Result<(), Error> {
        self.check_shape(features, doing)?;
        let rows = self.matrix.rows;
        // A row without weight does not count.
        let counts =
            |class: bool| self.labels.iter().zip(self.weights).any(|(label, weight)| *label == class && *weight > 0.0);
        match (counts(true), counts(false)) {
            (true, true) => Ok(()),
            (false, false) => Err(Error::Weights { weight: 0.0, row: 0 }),
            (positive, _) => {
                Err(Error::OneClass { doing, rows, class: if positive { "positive" } else { "negative" } })
            }
        }
    }

    /// Returns an error unless there are rows that fit the features, each with a label and a usable weight.
    pub(crate) fn check_shape(&self, features: &FeatureSet, doing: &'static str) -> Result<(), Error> {
        let (rows, columns) = (self.matrix.rows, features.features.len());
        if rows == 0 {
            return Err(Error::NoRows { doing });
        }
        if self.matrix.columns != columns {
            return Err(Error::Columns { found: self.matrix.columns, expected: columns });
        }
        let lengths = [("labels", self.labels.len()), ("weights", self.weights.len())];
        if let Some((what, found)) = lengths.into_iter().find(|(_, found)| *found != rows) {
            return Err(Error::Lengths { what, found, expected: rows });
        }
        let unusable = |weight: &f32| !(weight.is_finite() && *weight >= 0.0);
        if let Some(row) = self.weights.iter().position(unusable) {
            return Err(Error::Weights { weight: self.weights[row], row });
        }
        Ok(())
    }
}

/// The rows of two parts, one after the other.
#[derive(Debug)]
pub(crate) struct JoinedSamples {
    matrix: Matrix,
    labels: Vec<bool>,
    weights: Vec<f32>,
}

impl JoinedSamples {
    pub(crate) fn new(first: Samples, second: Samples) -> JoinedSamples {
        let values = [first.matrix.values.as_slice(), &second.matrix.values].concat();
        let rows = first.matrix.rows + second.matrix.rows;
        JoinedSamples {
            matrix: Matrix { values, rows, columns: first.matrix.columns },
            labels: [first.labels, second.labels].concat(),
            weights: [first.weights, second.weights].concat(),
        }
    }

    pub(crate) fn samples(&self) -> Samples<'_> {
        Samples { matrix: &self.matrix, labels: &self.labels, weights: &self.weights }
    }
}

/// Returns the rows with infinite values made missing: a division by zero in a feature's SQL says nothing of a lead, and
/// XGBoost refuses such rows.
pub(crate) fn finite(matrix: &Matrix) -> Cow<'_, Matrix> {
    if !matrix.values.iter().any(|value| value.is_infinite()) {
        return Cow::Borrowed(matrix);
    }
    let values = matrix.values.iter().map(|value| if value.is_infinite() { f32::NAN } else { *value }).collect();
    Cow::Owned(Matrix { values, ..*matrix })
}

/// Returns the mean of each feature over the rows that have it; 0 for a category, and where no row has it.
pub(crate) fn averages(features: &FeatureSet, matrix: &Matrix) -> Vec<f32> {
    let average = |(column, feature): (usize, &plumb_lead::Feature)| {
        if matches!(feature.kind, FeatureKind::Category { .. }) {
            return 0.0;
        }
        let (mut sum, mut count) = (0.0, 0);
        for value in matrix.column(column).filter(|value| !value.is_nan()) {
            sum += f64::from(value);
            count += 1;
        }
        if count == 0 { 0.0 } else { (sum / f64::from(count)) as f32 }
    };
    features.features.iter().enumerate().map(average).collect()
}
