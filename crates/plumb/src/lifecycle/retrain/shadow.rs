//! A challenger in the shadow: it scores leads as they come, by batches and by requests, and nobody is told.

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use plumb_lake::LabelSpec;
use plumb_lead::{ModelCard, Observation, Verdict};
use plumb_learn::drift;

use super::names::{BY_RULE, SHADOW_VARIANT};
use crate::evaluation;
use crate::lifecycle::workspace::Workspace;
use crate::registry;
use crate::scoring::{Explain, RowKey, provenance_of};
use crate::store::{ChallengerInShadow, PredictionRow, Store, Variant};

/// Leads that one run scores in the shadow: far more than are needed, and few enough for memory.
const LEADS_MAX: usize = 20_000;

/// With fewer leads a distribution of scores is chance.
const LEADS_MIN: usize = 30;

/// Puts a challenger in the shadow, by a caller that has locked the registry. Another that is there makes room.
pub(super) async fn begin(
    store: &Store,
    champion: &ModelCard,
    model_id: &str,
    leads_needed: usize,
    why: &str,
    since: DateTime<Utc>,
) -> Result<()> {
    let target = &champion.target;
    let (name, model) = (SHADOW_VARIANT.to_owned(), Some(model_id.to_owned()));
    // Requests are scored too, by whichever server answers them.
    let variant = Variant { name, model_id: model, weight: 0.0, shadow: true };
    registry::set_variant(store, target, &variant, BY_RULE).await?;
    let challenger = ChallengerInShadow {
        target: target.clone(),
        model_id: model_id.to_owned(),
        champion_id: champion.model_id.clone(),
        since,
        leads_needed,
        why: why.to_owned(),
    };
    store.put_challenger_in_shadow(&challenger).await
}

/// Takes the challenger of a target out of the shadow, if there is one, by a caller that has locked the registry.
pub(crate) async fn end(store: &Store, target: &str) -> Result<()> {
    if store.challenger_in_shadow(target).await?.is_some() {
        registry::remove_variant(store, target, SHADOW_VARIANT, BY_RULE).await?;
        store.delete_challenger_in_shadow(target).await?;
    }
    Ok(())
}

/// Scores the leads that came since a challenger is in the shadow and that it has not scored yet; returns how many it has
/// scored in all.
pub(super) async fn score(workspace: &Workspace, challenger: &ChallengerInShadow, now: DateTime<Utc>) -> Result<usize> {
    let Workspace { lake, store, .. } = workspace;
    let ChallengerInShadow { target, model_id, since, .. } = challenger;
    let mut scored = store.shadow_leads(target, model_id, *since).await?;
    let mut observations = observations(workspace, challenger, now).await?;
    observations.retain(|observation| !scored.contains(&observation.lead_id));
    if observations.is_empty() {
        return Ok(scored.len());
    }
    let scorer = workspace.load_model(model_id).await?;
    let table = lake.features(scorer.feature_sql()?, &observations).await?;
    let provenance = provenance_of(lake);
    let keys: Vec<Observation> = observations.clone();
    let predicting = tokio::task::spawn_blocking(move || {
        scorer.predict(scorer.rows(&table)?, keys.iter().map(RowKey::of), &provenance, Explain::Nothing)
    });
    let predictions = predicting.await.context("the scoring in the shadow ended early")??.predictions;
    let rows = predictions.iter().map(PredictionRow::of).collect::<Result<Vec<_>>>()?;
    store.insert_shadow_predictions(SHADOW_VARIANT, &rows).await?;
    scored.extend(observations.into_iter().map(|observation| observation.lead_id));
    Ok(scored.len())
}

/// Returns why the scores in the shadow are not those of training; `None` if they are.
pub(super) async fn problem(
    workspace: &Workspace,
    challenger: &ChallengerInShadow,
    now: DateTime<Utc>,
) -> Result<Option<String>> {
    let observations = observations(workspace, challenger, now).await?;
    if observations.len() < LEADS_MIN {
        return Ok(None);
    }
    let scorer = workspace.load_model(&challenger.model_id).await?;
    let table = workspace.lake.features(scorer.feature_sql()?, &observations).await?;
    let (model, baseline) = (&scorer.artifact.model, &scorer.artifact.baseline);
    let (matrix, unseen) = model.features.encode(&table)?;
    let scores = evaluation::scores(model, &matrix)?;
    let drifts = drift::compare(baseline, &model.features, &matrix, &scores, &unseen)?;
    // The score comes first.
    let drifted = drifts.first().filter(|drift| drift.verdict == Verdict::Drifted);
    Ok(drifted.map(|drift| {
        format!(
            "its scores of {} leads in the shadow are not distributed as in training: PSI {:.2}",
            observations.len(),
            drift.psi
        )
    }))
}

/// Returns the leads that came since a challenger is in the shadow, each once, at its last age, as in monitoring.
async fn observations(
    workspace: &Workspace,
    challenger: &ChallengerInShadow,
    now: DateTime<Utc>,
) -> Result<Vec<Observation>> {
    let label_spec = workspace.project.label_spec(&challenger.target)?;
    let mut observations = workspace.lake.observations(&at_last_age(label_spec), challenger.since, now).await?;
    observations.truncate(LEADS_MAX);
    Ok(observations)
}

/// Returns a label spec with the last age alone: three rows of one lead would pass for three leads.
pub(super) fn at_last_age(mut label_spec: LabelSpec) -> LabelSpec {
    label_spec.ages = label_spec.ages.into_iter().max().into_iter().collect();
    label_spec
}
