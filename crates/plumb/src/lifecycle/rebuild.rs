//! Builds a model of the registry once more, from what was known when it was trained.

use anyhow::Result;
use plumb_lead::ModelCard;

use super::workspace::Workspace;
use crate::training::{self, ProgressCallback, Rebuilt, TrainingEvent, TrainingSpec};

/// Builds a model of the registry once more, and returns it with the rows to test on.
pub(crate) async fn rebuild(workspace: &Workspace, card: ModelCard, progress: &ProgressCallback) -> Result<Rebuilt> {
    let (target, kind, model_id) = (card.target.clone(), card.kind, card.model_id.clone());
    progress(TrainingEvent::Rebuilding { target, kind, model_id });
    let data = training::collect(workspace.training_context(), TrainingSpec::of(&card)).await?;
    let scorer = workspace.load_model(&card.model_id).await?;
    training::run_blocking(progress, move |control| training::rebuild(&data, &card, &scorer.artifact, control)).await
}
