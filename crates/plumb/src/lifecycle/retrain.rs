//! Trains a challenger from what is known now, and compares it with the champion on the same newest rows.
//!
//! It becomes the champion here only if the project's `[retrain]` says so and it is clearly better.

use anyhow::{Context, Result};
use plumb_lead::ModelCard;
use serde::Serialize;

use super::locks;
use super::train::{self, TrainingOutcome};
use super::workspace::Workspace;
use crate::project::Promote;
use crate::registry;
use crate::training::{self, CandidateModels, Comparison, ComparisonVerdict, ProgressCallback, TrainingSpec};

/// In whose name a challenger is promoted by the project's rule.
const BY_RULE: &str = "retrain, by the project's rule";

/// Candidate models that challenge the champion. They are not registered yet.
pub(crate) struct Challenge {
    /// The candidate models.
    pub(crate) candidates: CandidateModels,
    /// The champion's card.
    champion: ModelCard,
    /// Columns that the champion sees and that are suspected to reveal the outcome.
    champion_leaks: Vec<String>,
    /// The best candidate against the champion.
    verdict: ComparisonVerdict,
}

/// The outcome of a retraining.
#[derive(Debug, Serialize)]
pub(crate) struct RetrainingOutcome {
    /// The training.
    #[serde(flatten)]
    pub(crate) training: TrainingOutcome,
    /// The champion that was challenged.
    pub(crate) champion: String,
    /// The challenger against the champion.
    pub(crate) comparison: ComparisonVerdict,
    /// Columns that the champion sees and that are suspected to reveal the outcome: its figures are too good.
    pub(crate) champion_leaks: Vec<String>,
    /// Why the challenger was promoted; `None` if it was not.
    pub(crate) promoted: Option<String>,
}

/// Retrains a target, registers the models, and promotes the challenger if the project says so.
pub(crate) async fn retrain(
    workspace: &Workspace,
    spec: TrainingSpec,
    by: &str,
    progress: &ProgressCallback,
) -> Result<RetrainingOutcome> {
    let challenge = challenge(workspace, spec, progress).await?;
    register(workspace, challenge, by).await
}

/// Trains candidate models and compares the best with the champion, without registering them.
pub(crate) async fn challenge(
    workspace: &Workspace,
    spec: TrainingSpec,
    progress: &ProgressCallback,
) -> Result<Challenge> {
    let target = spec.target.clone();
    let champion = registry::champion(&workspace.store, &target)
        .await?
        .with_context(|| format!("target `{target}` has no champion to challenge: run `plumb train` first"))?;
    let candidates = train::fit(workspace, spec, progress).await?;
    let scorer = workspace.load_model(&champion.model_id).await?;
    let verdict =
        training::compare(&workspace.lake, &candidates.holdout, candidates.best(), &scorer, &champion).await?;
    let seen = &scorer.artifact.model.features;
    let suspects = candidates.best().card.leaks.iter().map(|leak| leak.column.clone());
    let champion_leaks = suspects.filter(|column| seen.position(column).is_some()).collect();
    Ok(Challenge { candidates, champion, champion_leaks, verdict })
}

/// Registers the models of a challenge, and promotes the best if the project says so.
pub(crate) async fn register(workspace: &Workspace, challenge: Challenge, by: &str) -> Result<RetrainingOutcome> {
    let Challenge { candidates, champion, champion_leaks, verdict } = challenge;
    let _lock = locks::registry(&workspace.data)?;
    // If somebody has promoted another model meanwhile, the challenger was not compared with the champion.
    let champion_now = registry::champion(&workspace.store, &champion.target).await?.map(|card| card.model_id);
    let is_champion = champion_now.as_ref() == Some(&champion.model_id);
    let training = train::register_locked(workspace, &candidates, by).await?;
    let challenger = &training.best().model_id;
    let mut promoted = None;
    if let (ComparisonVerdict::Compared(comparison), Promote::IfBetter) = (&verdict, workspace.project.promote())
        && comparison.is_better()
        && training.best().suspects_seen().is_empty()
        && is_champion
        && *challenger != champion.model_id
    {
        let why = reason_to_promote(comparison);
        registry::promote(&workspace.store, &training.target, challenger, BY_RULE, &why).await?;
        promoted = Some(why);
    }
    let champion = champion.model_id;
    Ok(RetrainingOutcome { training, champion, comparison: verdict, champion_leaks, promoted })
}

fn reason_to_promote(comparison: &Comparison) -> String {
    format!(
        "log loss {:.4} against {:.4} on the same {} rows, lower by {:.1} standard errors",
        comparison.challenger.log_loss.value,
        comparison.champion.log_loss.value,
        comparison.champion.rows,
        comparison.standard_errors_lower
    )
}
