//! Trains candidate models of a target, registers them, and nominates the best.

use anyhow::Result;
use chrono::{DateTime, Utc};
use plumb_lead::{LeakEvidence, ModelCard, Recency};
use serde::Serialize;

use super::locks;
use super::workspace::Workspace;
use crate::journal;
use crate::registry::{self, Nomination};
use crate::training::{self, CandidateModels, ProgressCallback, TrainingData, TrainingEvent, TrainingSpec};

/// The outcome of a training.
#[derive(Debug, Serialize)]
pub(crate) struct TrainingOutcome {
    /// The target.
    pub(crate) target: String,
    /// Nothing learned later was used.
    pub(crate) as_of: DateTime<Utc>,
    /// The time from which the rows to test on came; `None` for a cold start, in which nothing is measured.
    pub(crate) tested_from: Option<DateTime<Utc>>,
    /// The cards of the candidate models, simplest first.
    pub(crate) candidates: Vec<ModelCard>,
    /// The chosen candidate, by its place.
    pub(crate) chosen: usize,
    /// Why it was chosen.
    pub(crate) why: String,
    /// Rules of the team that cannot be read or fit no feature, a line each.
    pub(crate) rules_not_used: Vec<String>,
    /// Columns suspected to reveal the outcome; the candidates do not see them.
    pub(crate) leaks: Vec<LeakEvidence>,
    /// All columns that the candidates do not see.
    pub(crate) left_out: Vec<String>,
    /// The card of a model that sees the suspected leaks, to be compared; it is nominated for nothing.
    pub(crate) with_suspects: Option<ModelCard>,
    /// What the chosen model was nominated for.
    pub(crate) nomination: Nomination,
}

impl TrainingOutcome {
    /// Returns the suspected leaks that the candidates do not see.
    pub(crate) fn left_out_suspects(&self) -> Vec<LeakEvidence> {
        self.leaks.iter().filter(|leak| self.left_out.contains(&leak.column)).cloned().collect()
    }

    /// Returns the card of the chosen model.
    pub(crate) fn best(&self) -> &ModelCard {
        &self.candidates[self.chosen]
    }
}

/// Trains candidate models of a target, registers them, and nominates the best in the name of `by`.
pub(crate) async fn train(
    workspace: &Workspace,
    spec: TrainingSpec,
    by: &str,
    progress: &ProgressCallback,
) -> Result<TrainingOutcome> {
    let candidates = fit(workspace, spec, progress).await?;
    register(workspace, &candidates, by).await
}

/// Trains candidate models of a target, without registering them.
pub(crate) async fn fit(
    workspace: &Workspace,
    spec: TrainingSpec,
    progress: &ProgressCallback,
) -> Result<CandidateModels> {
    let data = collect(workspace, spec, progress).await?;
    training::run_blocking(progress, move |control| training::train(&data, control)).await
}

async fn collect(workspace: &Workspace, spec: TrainingSpec, progress: &ProgressCallback) -> Result<TrainingData> {
    // A flag that was acknowledged a moment ago counts.
    journal::catch_up(&workspace.store, &workspace.data).await?;
    progress(TrainingEvent::CollectingRows { target: spec.target.clone() });
    training::collect(workspace.training_context(), spec).await
}

/// Trains challengers of a target that look back differently far, without registering them.
pub(super) async fn fit_challengers(
    workspace: &Workspace,
    spec: TrainingSpec,
    recencies: Vec<Recency>,
    progress: &ProgressCallback,
) -> Result<CandidateModels> {
    let data = collect(workspace, spec, progress).await?;
    training::run_blocking(progress, move |control| training::train_challengers(&data, &recencies, control)).await
}

/// Adds candidate models to the registry, and nominates the best: it becomes the champion if there is none yet, else the
/// challenger.
pub(crate) async fn register(workspace: &Workspace, candidates: &CandidateModels, by: &str) -> Result<TrainingOutcome> {
    let _lock = locks::registry(&workspace.data)?;
    register_locked(workspace, candidates, by).await
}

/// The same, by a caller that has locked the registry.
pub(super) async fn register_locked(
    workspace: &Workspace,
    candidates: &CandidateModels,
    by: &str,
) -> Result<TrainingOutcome> {
    let Workspace { store, data, .. } = workspace;
    for model in candidates.models.iter().chain(&candidates.with_suspects) {
        registry::add(store, data, &model.bytes, &model.card).await?;
    }
    let best = &candidates.best().card;
    let nomination = registry::nominate(store, best, by, &candidates.choice.why).await?;
    Ok(TrainingOutcome {
        target: best.target.clone(),
        as_of: best.as_of,
        tested_from: candidates.holdout.from(),
        candidates: candidates.models.iter().map(|model| model.card.clone()).collect(),
        chosen: candidates.choice.index,
        why: candidates.choice.why.clone(),
        rules_not_used: candidates.rules_not_used.clone(),
        leaks: best.leaks.clone(),
        left_out: best.left_out.clone(),
        with_suspects: candidates.with_suspects.as_ref().map(|model| model.card.clone()),
        nomination,
    })
}
