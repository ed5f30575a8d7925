//! A champion that was promoted by itself, watched: it is rolled back by itself if it is less calibrated than chance allows
//! and than the model before, or if reps accept it less.

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use plumb_lead::{Matured, Observation};
use plumb_learn::looks;
use serde::Serialize;

use super::acceptance::{Acceptance, Periods};
use super::names::BY_RULE;
use super::promotion;
use super::shadow::{self, at_last_age};
use crate::evaluation;
use crate::lifecycle::locks;
use crate::lifecycle::workspace::Workspace;
use crate::registry;
use crate::scoring::Scorer;
use crate::store::{PromotionStop, StoredPromotion};

/// A rollback by the project's rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct AutomaticRollback {
    /// The model that did harm.
    pub(crate) model_id: String,
    /// The champion before, which is the champion again.
    pub(crate) champion: String,
    /// What was found.
    pub(crate) why: String,
}

/// What a model expected of some outcomes, and how well.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Realised {
    matured: Matured,
    /// The sum of the log losses.
    loss: f64,
}

/// Rolls the champion of a target back if the project's rule promoted it and it does harm as of a day.
pub(super) async fn watch(
    workspace: &Workspace,
    target: &str,
    now: DateTime<Utc>,
) -> Result<Option<AutomaticRollback>> {
    let store = &workspace.store;
    let Some(promotion) = promotion::of_champion(store, target).await? else { return Ok(None) };
    let Some(retired_id) = promotion.retired_id.clone().filter(|_| promotion.automatic) else { return Ok(None) };
    // The days since are the looks: at one day the same is known, however often somebody asks.
    let look = usize::try_from((now - promotion.promoted_at).num_days()).unwrap_or(0);
    if look == 0 {
        return Ok(None);
    }
    let Some(why) = harm(workspace, &promotion, &retired_id, now, look).await? else { return Ok(None) };
    let _lock = locks::registry(&workspace.data)?;
    if promotion::of_champion(store, target).await?.as_ref() != Some(&promotion) {
        return Ok(None);
    }
    let champion = registry::rollback(store, target, BY_RULE, &why).await?.model_id;
    shadow::end(store, target).await?;
    let stop = PromotionStop { stopped_at: now, why: format!("`{}` was rolled back: {why}", promotion.model_id) };
    store.stop_promotions(target, &stop).await?;
    Ok(Some(AutomaticRollback { model_id: promotion.model_id, champion, why }))
}

/// Returns what harm a champion does; `None` if chance explains it.
async fn harm(
    workspace: &Workspace,
    promotion: &StoredPromotion,
    retired_id: &str,
    now: DateTime<Utc>,
    look: usize,
) -> Result<Option<String>> {
    // Calibration and acceptance share the budget.
    let risk = workspace.project.retrain().risk / 2.0;
    let periods = Periods::of(promotion, now);
    let flags = async |model_id, from, to| workspace.store.flagged_leads(&promotion.target, model_id, from, to).await;
    let acceptance = Acceptance {
        before: flags(retired_id, periods.before_from, periods.promoted_at).await?,
        now: flags(&promotion.model_id, periods.promoted_at, periods.now).await?,
    };
    if let Some(why) = acceptance.broken(looks::chance_of_look(risk, look)) {
        return Ok(Some(why));
    }
    let rows = newest_outcomes(workspace, promotion, now).await?;
    if rows.0.is_empty() {
        return Ok(None);
    }
    let realised = async |model_id: &str| -> Result<Realised> {
        let scorer = workspace.load_model(model_id).await?;
        let (observations, labels) = &rows;
        Ok(Realised::of(&scores(workspace, &scorer, observations).await?, labels))
    };
    let (champion, retired) = (realised(&promotion.model_id).await?, realised(retired_id).await?);
    // Too many and too few.
    let needed = looks::errors_needed(risk / 2.0, look, 1)?;
    Ok(champion.broken(&retired, needed))
}

/// Returns the leads whose outcome became known since a promotion, each once, and that came after both models were trained.
async fn newest_outcomes(
    workspace: &Workspace,
    promotion: &StoredPromotion,
    now: DateTime<Utc>,
) -> Result<(Vec<Observation>, Vec<bool>)> {
    let label_spec = at_last_age(workspace.project.label_spec(&promotion.target)?);
    let trained_at = registry::card(&workspace.store, &promotion.model_id).await?.as_of;
    let labels = workspace.lake.labels(&label_spec, now).await?;
    let rows = labels.observations.into_iter().zip(labels.labels).zip(labels.label_known_at);
    let newest = rows
        .filter(|((observation, _), known_at)| observation.as_of >= trained_at && *known_at > promotion.promoted_at);
    Ok(newest.map(|(row, _)| row).unzip())
}

async fn scores(workspace: &Workspace, scorer: &Scorer, observations: &[Observation]) -> Result<Vec<f64>> {
    let sql = scorer.feature_sql().context("only models of leads can be watched")?;
    let table = workspace.lake.features(sql, observations).await?;
    let model = &scorer.artifact.model;
    evaluation::scores(model, &model.features.encode(&table)?.0)
}

impl Realised {
    fn of(scores: &[f64], labels: &[bool]) -> Realised {
        let matured = scores.iter().zip(labels).map(|(score, label)| Matured {
            rows: 1,
            positives: usize::from(*label),
            expected: *score,
            variance: score * (1.0 - score),
        });
        let loss = evaluation::log_losses(scores, labels).iter().sum();
        Realised { matured: matured.reduce(Matured::and).unwrap_or_default(), loss }
    }

    /// Returns why a champion's calibration is broken; `None` if chance explains it, or if the model before does no better: then
    /// the world has changed, and to go back would not help.
    fn broken(&self, retired: &Realised, errors_needed: f64) -> Option<String> {
        let Realised { matured, loss } = self;
        let is_off = matured.surprise().abs() > errors_needed;
        let is_worse = retired.loss < *loss && retired.matured.surprise().abs() < matured.surprise().abs();
        (is_off && is_worse).then(|| {
            format!(
                "of {} leads whose outcome became known it expected {:.1} to be positive, and {} were ({:+.1} standard errors, of \
                 {errors_needed:.1} that chance could reach); the model before expected {:.1}",
                matured.rows,
                matured.expected,
                matured.positives,
                matured.surprise(),
                retired.matured.expected
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns what a model expected that gave all leads the same score.
    fn realised(score: f64, positives: usize, leads: usize) -> Realised {
        let labels: Vec<bool> = (0..leads).map(|lead| lead < positives).collect();
        Realised::of(&vec![score; leads], &labels)
    }

    #[test]
    fn a_champion_goes_if_it_is_off_and_the_model_before_is_not() {
        let (off, right) = (realised(0.3, 20, 200), realised(0.1, 20, 200));
        let why = off.broken(&right, 3.0).expect("60 were expected, and 20 came");
        assert!(why.contains("of 200 leads") && why.contains("expected 60.0 to be positive, and 20 were"), "{why}");
        assert!(why.ends_with("the model before expected 20.0"), "{why}");
        assert_eq!(right.broken(&off, 3.0), None);
        assert_eq!(off.broken(&right, 7.0), None, "chance could reach that");
    }

    #[test]
    fn a_champion_stays_if_the_model_before_does_no_better() {
        let (off, worse) = (realised(0.3, 20, 200), realised(0.5, 20, 200));
        assert_eq!(off.broken(&worse, 3.0), None, "the world has changed for both");
        assert_eq!(off.broken(&off, 3.0), None);
    }
}
