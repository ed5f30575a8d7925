//! A fitted model: it scores and explains, nothing else.

use std::collections::BTreeMap;

use plumb_lead::{Band, FeatureSet, Interval, Matrix, ModelKind, Score, Threshold};
use serde::{Deserialize, Serialize};

use crate::calibration::Calibration;
use crate::error::Error;
use crate::explanation::{Explanation, on_grid};
use crate::predictor::Predictor;
use crate::samples::finite;

/// A fitted model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored")]
pub struct Model {
    /// The columns that it sees.
    pub features: FeatureSet,
    /// What turns a row into a margin.
    pub predictor: Predictor,
    /// What turns a margin into a probability.
    pub calibration: Calibration,
    /// From which score on a lead is worth a call.
    pub threshold: Threshold,
    /// Share of positives among the training rows.
    pub base_rate: f64,
    /// Mean of each feature over the training rows that have it; 0 for a category, and where no row has it.
    pub averages: Vec<f32>,
    /// Its settings, including those that a search chose.
    pub params: BTreeMap<String, String>,
}

impl Model {
    /// Returns the kind of model.
    pub fn kind(&self) -> ModelKind {
        self.predictor.kind()
    }

    /// Returns each row's margin before calibration: log-odds, or points for rules. It equals the sum of the row's
    /// explanation to the bit.
    pub fn margins(&self, matrix: &Matrix) -> Result<Vec<f64>, Error> {
        let margins = self.predictor.margins(&self.features, &finite(matrix))?;
        Ok(margins.into_iter().map(on_grid).collect())
    }

    /// Returns each row's calibrated probability. It never falls as the margin rises.
    pub fn scores(&self, matrix: &Matrix) -> Result<Vec<Score>, Error> {
        self.scores_of(&self.margins(matrix)?)
    }

    /// Returns the calibrated probability of each margin.
    pub fn scores_of(&self, margins: &[f64]) -> Result<Vec<Score>, Error> {
        let scores = margins.iter().enumerate().map(|(row, margin)| {
            let score = self.calibration.probability(*margin);
            Score::new(score).map_err(|_| Error::Score { score, row })
        });
        scores.collect()
    }

    /// Returns the 95 % interval of each row's probability, given its margin; `None` if the model was stored by a program
    /// that did not store variances. It says how far other training rows of the same number might have moved the score. For
    /// trees only the variance of the calibration is known, for an ensemble that and the variance of its regression.
    pub fn intervals(&self, matrix: &Matrix, margins: &[f64]) -> Result<Option<Vec<Interval>>, Error> {
        if margins.len() != matrix.rows {
            return Err(Error::Lengths { what: "margins", found: margins.len(), expected: matrix.rows });
        }
        let matrix = finite(matrix);
        let variances = self.predictor.variances(&matrix)?;
        if !self.calibration.has_covariance() && variances.iter().all(|variance| *variance == 0.0) {
            return Ok(None);
        }
        let intervals = margins.iter().zip(variances);
        Ok(Some(intervals.map(|(margin, variance)| self.calibration.interval(*margin, variance)).collect()))
    }

    /// Returns the contribution of each feature to each row's margin.
    pub fn explain(&self, matrix: &Matrix) -> Result<Explanation, Error> {
        let margins = self.margins(matrix)?;
        let matrix = finite(matrix);
        let mut explanation = self.predictor.explain(&self.features, &matrix)?;
        explanation.settle(&margins);
        Ok(explanation)
    }

    /// Returns the band that a score of this model is in.
    pub fn band(&self, score: Score) -> Band {
        Band::of(score, self.threshold.score)
    }
}

/// A model as it is stored, before its parts are checked against each other.
#[derive(Deserialize)]
struct Stored {
    features: FeatureSet,
    predictor: Predictor,
    calibration: Calibration,
    threshold: Threshold,
    base_rate: f64,
    averages: Vec<f32>,
    params: BTreeMap<String, String>,
}

impl TryFrom<Stored> for Model {
    type Error = Error;

    fn try_from(stored: Stored) -> Result<Model, Error> {
        let Stored { features, predictor, calibration, threshold, base_rate, averages, params } = stored;
        let columns = features.features.len();
        let of_averages =
            (averages.len() != columns).then(|| format!("{} averages for {columns} features", averages.len()));
        match predictor.problem(&features).or(of_averages).or_else(|| calibration.problem()) {
            Some(why) => Err(Error::Model { why }),
            None => Ok(Model { features, predictor, calibration, threshold, base_rate, averages, params }),
        }
    }
}
