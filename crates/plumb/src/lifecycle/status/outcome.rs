//! The outcome of `plumb status`.

use chrono::{DateTime, Utc};
use plumb_lake::GroundStatus;
use plumb_lead::ModelKind;
use serde::Serialize;

use crate::lifecycle::datasets::DatasetSummary;
use crate::lifecycle::jobs::JobStatus;
use crate::lifecycle::retrain::RetrainingState;

/// What a project has, and what of it is stale.
#[derive(Debug, Serialize)]
pub(crate) struct Status {
    /// The ground and the sources; `None` before the first ingestion.
    pub(crate) ground: Option<GroundStatus>,
    /// The targets, in the order of `plumb.toml`.
    pub(crate) targets: Vec<TargetStatus>,
    /// The features as they are now, in the order of their files.
    pub(crate) features: Vec<FeatureStatus>,
    /// The frozen data sets, by target and time.
    pub(crate) datasets: Vec<DatasetStatus>,
    /// The jobs that are scheduled or have run, each with its last run and its next.
    pub(crate) jobs: Vec<JobStatus>,
    /// What is stale, sources first.
    pub(crate) stale: Vec<Stale>,
}

/// A target with the models that are in use.
#[derive(Debug, Serialize)]
pub(crate) struct TargetStatus {
    /// Its name.
    pub(crate) target: String,
    /// The champion, the challenger and the serving variants.
    pub(crate) models: Vec<ModelStatus>,
    /// What retraining has done, and what it waits for; `None` before the first training.
    pub(crate) retraining: Option<RetrainingState>,
}

/// A model in use.
#[derive(Debug, Serialize)]
pub(crate) struct ModelStatus {
    /// `champion`, `challenger`, or the name of the serving variant.
    pub(crate) role: String,
    /// Its id.
    pub(crate) model_id: String,
    /// Its kind.
    pub(crate) kind: ModelKind,
    /// When it was trained: nothing learned later was used.
    pub(crate) as_of: DateTime<Utc>,
    /// The data set that it was trained on; `None` if its rows were not frozen, as those of a cold start.
    pub(crate) dataset_id: Option<String>,
    /// Rows that it was trained and chosen on.
    pub(crate) rows: usize,
    /// Whether the ground has been derived again since; `None` if an earlier program trained it.
    pub(crate) is_ground_newer: Option<bool>,
    /// Suspected leaks that it sees.
    pub(crate) leaks: Vec<String>,
    /// Features that it does not see.
    pub(crate) left_out: Vec<String>,
}

/// A feature.
#[derive(Debug, Serialize)]
pub(crate) struct FeatureStatus {
    /// Its name.
    pub(crate) name: String,
    /// Its file.
    pub(crate) file: String,
    /// The models in use that see it, as it is now or as it was.
    pub(crate) seen_by: Vec<String>,
}

/// A frozen data set.
#[derive(Debug, Serialize)]
pub(crate) struct DatasetStatus {
    /// What it holds.
    #[serde(flatten)]
    pub(crate) dataset: DatasetSummary,
    /// All models that were trained on it.
    pub(crate) models: Vec<String>,
    /// Its features that have another definition by now, or are gone.
    pub(crate) features_changed: Vec<String>,
    /// Whether the ground has been derived again since.
    pub(crate) is_ground_newer: bool,
}

/// Something that was made of what has changed since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Stale {
    /// What has changed.
    pub(crate) changed: Changed,
    /// The names of what has changed: files, features, keys.
    pub(crate) names: Vec<String>,
    /// The target of the model that is stale; `None` if the ground is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) target: Option<String>,
    /// The model that is stale; `None` if the ground is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) model_id: Option<String>,
    /// What has changed, as a sentence.
    pub(crate) why: String,
    /// What to do.
    pub(crate) way_out: String,
}

/// What can have changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Changed {
    /// Files of a source.
    SourceFile,
    /// A source that was added to `plumb.toml`.
    Source,
    /// `sources/*.sql`.
    SourceSql,
    /// Definitions in `features/*.sql`.
    Feature,
    /// `features/*.toml`.
    Wording,
    /// Keys of `[target.NAME]` or `[score]`.
    Setting,
    /// The team's rules.
    Rules,
    /// A file or a source that can no longer be read.
    Unreadable,
}
