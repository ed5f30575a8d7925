//! Candidate models: what a training gives.

use chrono::{DateTime, Utc};
use plumb_lead::{FeatureSet, ModelCard, Observation};

use super::choice::Choice;

/// One of the models of a training.
pub(crate) struct CandidateModel {
    /// Its file.
    pub(crate) bytes: Vec<u8>,
    /// Its card.
    pub(crate) card: ModelCard,
    /// The features that it sees.
    pub(super) features: FeatureSet,
    /// What its evaluation fit gave.
    pub(super) evaluation: EvaluationFit,
}

/// What the fit that is measured gave on rows that it did not know. Nothing for a cold start.
pub(super) struct EvaluationFit {
    /// The beta of F-beta.
    pub(super) beta: f64,
    /// The decision threshold.
    pub(super) threshold: f64,
    /// The scores of the rows to test on.
    pub(super) scores: Vec<f64>,
    /// The log loss of each of the rows to choose on.
    pub(super) losses: Vec<f64>,
}

/// The models of one training, simplest first.
pub(crate) struct CandidateModels {
    /// The models.
    pub(crate) models: Vec<CandidateModel>,
    /// The one to use, and why.
    pub(crate) choice: Choice,
    /// The models that challenge a champion, by their places: the chosen one, and those that look back otherwise.
    pub(crate) rivals: Vec<usize>,
    /// A model of the same kind that sees the suspected leaks, to be compared; `None` if nothing is suspected, or if it
    /// would take too long.
    pub(crate) with_suspects: Option<CandidateModel>,
    /// The rows that they were tested on.
    pub(crate) holdout: Holdout,
    /// Rules of the team that the chosen model's features do not fit, or that cannot be read, a line each.
    pub(crate) rules_not_used: Vec<String>,
}

/// Rows to test on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Holdout {
    /// The rows.
    pub(crate) observations: Vec<Observation>,
    /// The label of each.
    pub(crate) labels: Vec<bool>,
}

impl CandidateModels {
    /// Returns the model to use.
    pub(crate) fn best(&self) -> &CandidateModel {
        &self.models[self.choice.index]
    }
}

impl Holdout {
    /// Returns the time from which the rows came; `None` if there are none.
    pub(crate) fn from(&self) -> Option<DateTime<Utc>> {
        self.observations.iter().map(|observation| observation.as_of).min()
    }
}
