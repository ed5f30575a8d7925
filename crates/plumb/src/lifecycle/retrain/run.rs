//! A retraining: trains challengers from what is known on a day, and compares the best with the champion on the same newest
//! rows.

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use plumb_lead::ModelCard;

use super::decision::{Circumstances, Decision, PromotionTest, decide, held_until};
use super::names::BY_RULE;
use super::outcome::{NotRetrained, Retraining, RetrainingOutcome};
use super::promotion::{self, PromotedModel};
use super::shadow;
use super::when::{day_of, not_now};
use crate::lifecycle::locks;
use crate::lifecycle::train;
use crate::lifecycle::workspace::Workspace;
use crate::registry;
use crate::store::StoredRetraining;
use crate::training::{self, CandidateModels, ComparisonVerdict, ProgressCallback, TrainingSpec};

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

/// Retrains a target as of the day of its spec, unless nothing is new or something is wrong: registers the models, and
/// promotes the challenger if the project says so.
pub(crate) async fn retrain(
    workspace: &Workspace,
    spec: TrainingSpec,
    by: &str,
    progress: &ProgressCallback,
) -> Result<RetrainingOutcome> {
    let spec = TrainingSpec { as_of: day_of(spec.as_of), ..spec };
    let champion = champion(workspace, &spec.target).await?;
    if let Some(reason) = not_now(workspace, &spec, &champion).await? {
        let TrainingSpec { target, as_of, .. } = spec;
        let why = reason.words();
        return Ok(RetrainingOutcome::NotTrained(NotRetrained { target, as_of, reason, why }));
    }
    retrain_anyway(workspace, spec, by, progress).await
}

/// The same, whether or not anything is new and however few rows there are.
pub(crate) async fn retrain_anyway(
    workspace: &Workspace,
    spec: TrainingSpec,
    by: &str,
    progress: &ProgressCallback,
) -> Result<RetrainingOutcome> {
    let spec = TrainingSpec { as_of: day_of(spec.as_of), ..spec };
    let challenge = challenge(workspace, spec, progress).await?;
    Ok(RetrainingOutcome::Trained(Box::new(register(workspace, challenge, by).await?)))
}

async fn champion(workspace: &Workspace, target: &str) -> Result<ModelCard> {
    let champion = registry::champion(&workspace.store, target).await?;
    champion.with_context(|| format!("target `{target}` has no champion to challenge: run `plumb train` first"))
}

/// Trains candidate models and compares the best with the champion, without registering them.
pub(crate) async fn challenge(
    workspace: &Workspace,
    spec: TrainingSpec,
    progress: &ProgressCallback,
) -> Result<Challenge> {
    let champion = champion(workspace, &spec.target).await?;
    let recencies = &workspace.project.retrain().recencies;
    let spec = TrainingSpec { recency: recencies.first().copied().unwrap_or_default(), ..spec };
    let mut candidates = train::fit_challengers(workspace, spec, recencies.clone(), progress).await?;
    let scorer = workspace.load_model(&champion.model_id).await?;
    let verdict = training::compare_rivals(&workspace.lake, &mut candidates, &scorer, &champion).await?;
    let seen = &scorer.artifact.model.features;
    let suspects = candidates.best().card.leaks.iter().map(|leak| leak.column.clone());
    let champion_leaks = suspects.filter(|column| seen.position(column).is_some()).collect();
    Ok(Challenge { candidates, champion, champion_leaks, verdict })
}

/// Registers the models of a challenge, and promotes the best, or puts it in the shadow, if the project says so.
pub(crate) async fn register(workspace: &Workspace, challenge: Challenge, by: &str) -> Result<Retraining> {
    let Challenge { candidates, champion, champion_leaks, verdict } = challenge;
    let registered = {
        let _lock = locks::registry(&workspace.data)?;
        let training = train::register_locked(workspace, &candidates, by).await?;
        let (as_of, challengers) = (training.as_of, candidates.rivals.len());
        let test = test(workspace, &champion, &verdict, challengers).await?;
        let decision = decision(workspace, &champion, &verdict, test.as_ref(), training.best(), as_of).await?;
        let challenger = training.best().clone();
        carry_out(workspace, &champion, &challenger, &decision, as_of).await?;
        workspace
            .store
            .insert_retraining(&StoredRetraining {
                target: champion.target.clone(),
                champion_id: champion.model_id.clone(),
                challenger_id: challenger.model_id.clone(),
                as_of,
                look: test.as_ref().map(|test| test.look),
                decision_json: serde_json::to_string(&decision)?,
            })
            .await?;
        (training, test, decision)
    };
    let (training, test, decision) = registered;
    let mut effect = None;
    if let Decision::Promoted { .. } = decision {
        let models = (champion.model_id.as_str(), training.best().model_id.as_str());
        effect = Some(promotion::note_effect(workspace, &training.target, models, training.as_of).await?);
    }
    let champion = champion.model_id;
    Ok(Retraining { training, champion, comparison: verdict, test, champion_leaks, decision, effect })
}

async fn test(
    workspace: &Workspace,
    champion: &ModelCard,
    verdict: &ComparisonVerdict,
    challengers: usize,
) -> Result<Option<PromotionTest>> {
    let earlier = workspace.store.retrainings(&champion.target, &champion.model_id).await?;
    let look = 1 + earlier.iter().filter_map(|retraining| retraining.look).max().unwrap_or_default();
    PromotionTest::of(verdict, workspace.project.retrain().risk, look, challengers)
}

async fn decision(
    workspace: &Workspace,
    champion: &ModelCard,
    verdict: &ComparisonVerdict,
    test: Option<&PromotionTest>,
    challenger: &ModelCard,
    as_of: DateTime<Utc>,
) -> Result<Decision> {
    let (store, retrain) = (&workspace.store, workspace.project.retrain());
    let target = &champion.target;
    // If somebody has promoted another model meanwhile, the challenger was not compared with the champion.
    let champion_now = registry::champion(store, target).await?.map(|card| card.model_id);
    let stop = store.promotion_stop(target).await?;
    let circumstances = Circumstances {
        leaks: challenger.suspects_seen().len(),
        is_champion: challenger.model_id == champion.model_id,
        champion_changed: champion_now.as_ref() != Some(&champion.model_id),
        stop: stop.as_ref(),
        held_until: held_until(promotion::of_champion(store, target).await?.as_ref(), retrain.hold, as_of),
    };
    Ok(decide(retrain, verdict, test, &circumstances))
}

/// Does what was decided. A newer challenger takes the place of one in the shadow.
async fn carry_out(
    workspace: &Workspace,
    champion: &ModelCard,
    challenger: &ModelCard,
    decision: &Decision,
    as_of: DateTime<Utc>,
) -> Result<()> {
    match decision {
        Decision::Promoted { why } => {
            let model = PromotedModel { target: &champion.target, model_id: &challenger.model_id, promoted_at: as_of };
            promotion::promote_locked(&workspace.store, &model, BY_RULE, why, true).await.map(drop)
        }
        Decision::InShadow { leads, why } => {
            shadow::begin(&workspace.store, champion, &challenger.model_id, *leads, why, as_of).await
        }
        Decision::NotPromoted { .. } => Ok(()),
    }
}
