//! What turns a row into a margin: one of the kinds of models, fitted.

use plumb_lead::{FeatureSet, Matrix, ModelKind};
use serde::{Deserialize, Serialize};

use crate::boosted::Boosted;
use crate::ensemble::Ensemble;
use crate::error::Error;
use crate::explanation::Explanation;
use crate::logistic::Logistic;
use crate::rules::Rules;

/// A model of one kind, fitted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Predictor {
    /// The team's own points.
    Rules(Rules),
    /// Logistic regression.
    Logistic(Logistic),
    /// Gradient-boosted trees.
    Boosted(Boosted),
    /// The mean of a regression and trees.
    // Model files are named by the hash of their content, so a file that was written under the old name cannot be written
    // again, and its model cannot be trained again to the same bytes by this program: it has to stay readable.
    #[serde(alias = "committee")]
    Ensemble(Box<Ensemble>),
}

impl Predictor {
    pub(crate) fn kind(&self) -> ModelKind {
        match self {
            Predictor::Rules(_) => ModelKind::Rules,
            Predictor::Logistic(_) => ModelKind::Logistic,
            Predictor::Boosted(_) => ModelKind::Xgboost,
            Predictor::Ensemble(_) => ModelKind::Ensemble,
        }
    }

    pub(crate) fn margins(&self, features: &FeatureSet, matrix: &Matrix) -> Result<Vec<f64>, Error> {
        match self {
            Predictor::Rules(rules) => rules.margins(features, matrix),
            Predictor::Logistic(logistic) => logistic.margins(matrix),
            Predictor::Boosted(boosted) => boosted.margins(matrix),
            Predictor::Ensemble(ensemble) => ensemble.margins(matrix),
        }
    }

    pub(crate) fn explain(&self, features: &FeatureSet, matrix: &Matrix) -> Result<Explanation, Error> {
        match self {
            Predictor::Rules(rules) => rules.explain(features, matrix),
            Predictor::Logistic(logistic) => logistic.explain(matrix),
            Predictor::Boosted(boosted) => boosted.explain(matrix),
            Predictor::Ensemble(ensemble) => ensemble.explain(matrix),
        }
    }

    /// Returns the variance of each row's margin, given what the model was fitted on; 0 where it is not known.
    pub(crate) fn variances(&self, matrix: &Matrix) -> Result<Vec<f64>, Error> {
        match self {
            Predictor::Logistic(logistic) => logistic.variances(matrix),
            Predictor::Ensemble(ensemble) => ensemble.variances(matrix),
            Predictor::Rules(_) | Predictor::Boosted(_) => Ok(vec![0.0; matrix.rows]),
        }
    }

    /// Returns why a stored predictor does not fit the features; `None` if it does.
    pub(crate) fn problem(&self, features: &FeatureSet) -> Option<String> {
        let columns = features.features.len();
        match self {
            Predictor::Rules(rules) => rules.problem(features),
            Predictor::Logistic(logistic) => logistic.problem(columns),
            Predictor::Boosted(boosted) => boosted.problem(columns),
            Predictor::Ensemble(ensemble) => ensemble.problem(columns),
        }
    }
}
