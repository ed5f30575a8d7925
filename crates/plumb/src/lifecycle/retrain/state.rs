//! What retraining has done for a target, and what it waits for.

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::effect::PromotionEffect;
use crate::registry;
use crate::store::{ChallengerInShadow, PromotionStop, Store};

/// What retraining has done for a target, and what it waits for.
#[derive(Debug, Serialize)]
pub(crate) struct RetrainingState {
    /// How often challengers were compared with the champion.
    pub(crate) looks: usize,
    /// The last promotion; `None` if there was only a first model.
    pub(crate) last_promotion: Option<PromotionState>,
    /// The challenger in the shadow.
    pub(crate) in_shadow: Option<InShadow>,
    /// Why nothing is promoted by itself any more.
    pub(crate) stop: Option<PromotionStop>,
}

/// A promotion.
#[derive(Debug, Serialize)]
pub(crate) struct PromotionState {
    /// The model that was promoted.
    pub(crate) model_id: String,
    /// The champion before.
    pub(crate) retired_id: Option<String>,
    /// When, by the time that the command worked at.
    pub(crate) promoted_at: DateTime<Utc>,
    /// Whether the project's rule did it.
    pub(crate) automatic: bool,
    /// In whose name.
    pub(crate) promoted_by: String,
    /// Why.
    pub(crate) why: String,
    /// Whether it is still the champion.
    pub(crate) is_champion: bool,
    /// What it did to the scores of open leads; `None` if they were not compared.
    pub(crate) effect: Option<PromotionEffect>,
}

/// A challenger in the shadow.
#[derive(Debug, Serialize)]
pub(crate) struct InShadow {
    /// Which, for what champion and why.
    #[serde(flatten)]
    pub(crate) challenger: ChallengerInShadow,
    /// Leads that it has scored.
    pub(crate) leads: usize,
}

/// Returns the state of a target.
pub(crate) async fn state(store: &Store, target: &str) -> Result<RetrainingState> {
    let champion = registry::champion(store, target).await?.map(|card| card.model_id);
    let looks = match &champion {
        Some(champion) => store.retrainings(target, champion).await?.iter().filter_map(|each| each.look).count(),
        None => 0,
    };
    let last_promotion = match store.last_promotion(target).await? {
        Some(last) => {
            let effect = last.effect_json.as_deref().map(serde_json::from_str).transpose();
            Some(PromotionState {
                is_champion: champion.as_ref() == Some(&last.model_id),
                effect: effect.context("what a promotion did is unreadable")?,
                model_id: last.model_id,
                retired_id: last.retired_id,
                promoted_at: last.promoted_at,
                automatic: last.automatic,
                promoted_by: last.promoted_by,
                why: last.why,
            })
        }
        None => None,
    };
    let in_shadow = match store.challenger_in_shadow(target).await? {
        Some(challenger) => {
            let leads = store.shadow_leads(target, &challenger.model_id, challenger.since).await?.len();
            Some(InShadow { challenger, leads })
        }
        None => None,
    };
    Ok(RetrainingState { looks, last_promotion, in_shadow, stop: store.promotion_stop(target).await? })
}
