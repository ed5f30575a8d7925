//! Settles what retraining has left open: the challenger in the shadow, and the champion that was promoted by itself.

use anyhow::Result;
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::decision::{Circumstances, held_until};
use super::effect::PromotionEffect;
use super::names::BY_RULE;
use super::promotion::{self, PromotedModel};
use super::shadow;
use super::watch::{AutomaticRollback, watch};
use super::when::day_of;
use crate::lifecycle::locks;
use crate::lifecycle::workspace::Workspace;
use crate::registry;
use crate::store::ChallengerInShadow;

/// What was settled of a target.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Settlement {
    /// The target.
    pub(crate) target: String,
    /// What was settled; nothing if nothing was open.
    pub(crate) settled: Vec<Settled>,
}

/// What was settled.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Settled {
    /// The champion was rolled back, and nothing is promoted by itself until somebody acts.
    RolledBack(AutomaticRollback),
    /// A challenger in the shadow goes on.
    Shadowing {
        /// The challenger.
        model_id: String,
        /// Leads that it has scored.
        leads: usize,
        /// How many it has to score.
        leads_needed: usize,
        /// What it waits for beside leads; `None` if nothing.
        waits_for: Option<String>,
    },
    /// A challenger was promoted out of the shadow.
    Promoted {
        /// The champion since.
        model_id: String,
        /// Why.
        why: String,
        /// What it did to the scores of open leads.
        effect: Box<PromotionEffect>,
    },
    /// A challenger left the shadow without being promoted.
    NotPromoted {
        /// The challenger, which a person may promote.
        model_id: String,
        /// Why not.
        why: String,
    },
}

impl Settled {
    /// Returns what was settled, in words for one line.
    pub(crate) fn words(&self) -> String {
        match self {
            Settled::RolledBack(rollback) => format!(
                "`{}` was rolled back to `{}`: {}; nothing is promoted by itself until somebody promotes or runs \
                 `plumb retrain --resume`",
                rollback.model_id, rollback.champion, rollback.why
            ),
            Settled::Shadowing { model_id, leads, leads_needed, waits_for } => {
                let waits_for = waits_for.as_ref().map_or_else(String::new, |why| format!(": {why}"));
                format!("`{model_id}` has scored {leads} of {leads_needed} leads in the shadow{waits_for}")
            }
            Settled::Promoted { model_id, why, .. } => format!("`{model_id}` is the champion now: {why}"),
            Settled::NotPromoted { model_id, why } => {
                format!("`{model_id}` leaves the shadow and is not promoted by itself: {why}")
            }
        }
    }
}

/// Settles what is open of a target as of the day of `now`: rolls back a champion that was promoted by itself and does harm,
/// scores leads in the shadow, and promotes the challenger there once it has scored enough and as in training.
///
/// It may be called at any time and as often as one likes: at one day it does the same, and each thing once.
pub(crate) async fn settle(workspace: &Workspace, target: &str, now: DateTime<Utc>) -> Result<Settlement> {
    let now = day_of(now);
    let mut settled: Vec<Settled> = watch(workspace, target, now).await?.map(Settled::RolledBack).into_iter().collect();
    note_missing_effect(workspace, target, now).await?;
    if let Some(challenger) = workspace.store.challenger_in_shadow(target).await? {
        settled.push(settle_shadow(workspace, &challenger, now).await?);
    }
    Ok(Settlement { target: target.to_owned(), settled })
}

/// Compares the scores before and after a promotion by the project's rule, if the run that promoted died before it could.
async fn note_missing_effect(workspace: &Workspace, target: &str, now: DateTime<Utc>) -> Result<()> {
    if let Some(promotion) = promotion::of_champion(&workspace.store, target).await?
        && let (true, None, Some(retired)) = (promotion.automatic, &promotion.effect_json, &promotion.retired_id)
    {
        promotion::note_effect(workspace, target, (retired, &promotion.model_id), now).await?;
    }
    Ok(())
}

async fn settle_shadow(workspace: &Workspace, challenger: &ChallengerInShadow, now: DateTime<Utc>) -> Result<Settled> {
    let ChallengerInShadow { model_id, champion_id, leads_needed, .. } = challenger;
    let leads = shadow::score(workspace, challenger, now).await?;
    let (model_id, leads_needed) = (model_id.clone(), *leads_needed);
    if leads < leads_needed {
        return Ok(Settled::Shadowing { model_id, leads, leads_needed, waits_for: None });
    }
    let problem = shadow::problem(workspace, challenger, now).await?;
    let why = {
        let _lock = locks::registry(&workspace.data)?;
        // Another process may have settled it meanwhile.
        if workspace.store.challenger_in_shadow(&challenger.target).await?.as_ref() != Some(challenger) {
            let why = "another process has settled it".to_owned();
            return Ok(Settled::NotPromoted { model_id, why });
        }
        let (obstacle, is_held) = obstacle(workspace, challenger, now).await?;
        match problem.or(obstacle) {
            Some(why) if is_held => {
                return Ok(Settled::Shadowing { model_id, leads, leads_needed, waits_for: Some(why) });
            }
            Some(why) => {
                shadow::end(&workspace.store, &challenger.target).await?;
                return Ok(Settled::NotPromoted { model_id, why });
            }
            None => promote(workspace, challenger, leads, now).await?,
        }
    };
    let models = (champion_id.as_str(), model_id.as_str());
    let effect = promotion::note_effect(workspace, &challenger.target, models, now).await?;
    Ok(Settled::Promoted { model_id, why, effect: Box::new(effect) })
}

/// Returns what keeps a challenger in the shadow from being promoted, and whether that passes by itself.
async fn obstacle(
    workspace: &Workspace,
    challenger: &ChallengerInShadow,
    now: DateTime<Utc>,
) -> Result<(Option<String>, bool)> {
    let store = &workspace.store;
    let ChallengerInShadow { target, model_id, champion_id, .. } = challenger;
    let champion_now = registry::champion(store, target).await?.map(|card| card.model_id);
    let stop = store.promotion_stop(target).await?;
    let last = promotion::of_champion(store, target).await?;
    let circumstances = Circumstances {
        leaks: registry::card(store, model_id).await?.suspects_seen().len(),
        is_champion: false,
        champion_changed: champion_now.as_ref() != Some(champion_id),
        stop: stop.as_ref(),
        held_until: None,
    };
    if let Some(why) = circumstances.obstacle() {
        return Ok((Some(why), false));
    }
    let held_until = held_until(last.as_ref(), workspace.project.retrain().hold, now);
    Ok((Circumstances { held_until, ..circumstances }.obstacle(), true))
}

async fn promote(
    workspace: &Workspace,
    challenger: &ChallengerInShadow,
    leads: usize,
    now: DateTime<Utc>,
) -> Result<String> {
    let ChallengerInShadow { target, model_id, why, .. } = challenger;
    let why = format!("{why}; it scored {leads} leads in the shadow as in training");
    let model = PromotedModel { target, model_id, promoted_at: now };
    promotion::promote_locked(&workspace.store, &model, BY_RULE, &why, true).await?;
    Ok(why)
}
