//! The outcome of a retraining.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::decision::{Decision, PromotionTest};
use super::effect::PromotionEffect;
use super::when::NotNow;
use crate::lifecycle::train::TrainingOutcome;
use crate::training::ComparisonVerdict;

/// The outcome of a retraining.
#[derive(Debug, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub(crate) enum RetrainingOutcome {
    /// Challengers were trained.
    Trained(Box<Retraining>),
    /// Nothing was trained, for a reason.
    NotTrained(NotRetrained),
}

impl RetrainingOutcome {
    /// Returns the target.
    pub(crate) fn target(&self) -> &str {
        match self {
            RetrainingOutcome::Trained(retraining) => &retraining.training.target,
            RetrainingOutcome::NotTrained(not) => &not.target,
        }
    }
}

/// Challengers that were trained, and what became of the best.
#[derive(Debug, Serialize)]
pub(crate) struct Retraining {
    /// The training.
    #[serde(flatten)]
    pub(crate) training: TrainingOutcome,
    /// The champion that was challenged.
    pub(crate) champion: String,
    /// The challenger against the champion.
    pub(crate) comparison: ComparisonVerdict,
    /// What the challenger had to reach; `None` if it was not compared.
    pub(crate) test: Option<PromotionTest>,
    /// Columns that the champion sees and that are suspected to reveal the outcome: its figures are too good.
    pub(crate) champion_leaks: Vec<String>,
    /// What becomes of the challenger, and why.
    pub(crate) decision: Decision,
    /// What a promotion did to the scores of open leads; `None` without one.
    pub(crate) effect: Option<PromotionEffect>,
}

/// A retraining that trained nothing.
#[derive(Debug, Serialize)]
pub(crate) struct NotRetrained {
    /// The target.
    pub(crate) target: String,
    /// The day that it worked at.
    pub(crate) as_of: DateTime<Utc>,
    /// Why.
    #[serde(flatten)]
    pub(crate) reason: NotNow,
    /// Why, in words.
    pub(crate) why: String,
}
