//! The steps of the demo, each with its outcome.

use chrono::{DateTime, Utc};
use plumb_lead::ModelCard;
use serde::Serialize;

use super::best_possible::BestPossible;
use super::company::DemoCompany;
use crate::lifecycle::ingest::IngestOutcome;
use crate::lifecycle::monitor::MonitorOutcome;
use crate::lifecycle::retrain::Retraining;
use crate::lifecycle::score::LeadScores;
use crate::lifecycle::skew_check::SkewReport;
use crate::lifecycle::train::TrainingOutcome;

/// A step of the demo that is done.
#[derive(Debug, Serialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub(crate) enum DemoStep {
    /// The company was built or found.
    Company(DemoCompany),
    /// The data of its systems was ingested.
    Ingestion(Box<IngestOutcome>),
    /// The first models of a target were trained, as of the day on which the new channel begins.
    Training(Box<TrainedModels>),
    /// The weeks since were compared with the training data.
    Monitoring(MonitorOutcome),
    /// All open leads were scored.
    Scoring(LeadScores),
    /// New models were trained as of today.
    Retraining(Box<RetrainedModels>),
    /// An earlier run had trained the models as of today.
    ModelsFound {
        /// The target.
        target: String,
        /// The day of the training.
        as_of: DateTime<Utc>,
        /// Their cards.
        models: Vec<ModelCard>,
    },
    /// The inputs of predictions were computed again.
    SkewCheck(SkewReport),
}

/// The first models of a target.
#[derive(Debug, Serialize)]
pub(crate) struct TrainedModels {
    /// The training.
    #[serde(flatten)]
    pub(crate) training: TrainingOutcome,
    /// How close they come to the best possible scores; `None` if that is not known.
    pub(crate) best_possible: Option<BestPossible>,
}

/// The models of a retraining.
#[derive(Debug, Serialize)]
pub(crate) struct RetrainedModels {
    /// The retraining.
    #[serde(flatten)]
    pub(crate) retraining: Retraining,
    /// How close they come to the best possible scores; `None` if that is not known.
    pub(crate) best_possible: Option<BestPossible>,
}
