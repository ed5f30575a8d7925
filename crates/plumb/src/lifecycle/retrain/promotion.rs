//! A promotion, by the project's rule or by a person: into the registry, and beside it when and for what, so that it can be
//! watched.

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};

use super::effect::{PromotionEffect, effect};
use super::shadow;
use crate::lifecycle::workspace::Workspace;
use crate::registry;
use crate::store::{Store, StoredPromotion};

/// A model that is promoted.
pub(crate) struct PromotedModel<'a> {
    /// The target.
    pub(crate) target: &'a str,
    /// The model.
    pub(crate) model_id: &'a str,
    /// When, by the time that the command works at.
    pub(crate) promoted_at: DateTime<Utc>,
}

/// Promotes a model and records it, by a caller that has locked the registry; returns the champion before if it was another.
pub(crate) async fn promote_locked(
    store: &Store,
    model: &PromotedModel<'_>,
    by: &str,
    why: &str,
    automatic: bool,
) -> Result<Option<String>> {
    let PromotedModel { target, model_id, promoted_at } = *model;
    let retired_id = registry::champion(store, target).await?.map(|card| card.model_id);
    let is_new = retired_id.as_deref() != Some(model_id);
    if is_new {
        let promotion = StoredPromotion {
            target: target.to_owned(),
            model_id: model_id.to_owned(),
            retired_id: retired_id.clone(),
            promoted_at,
            automatic,
            promoted_by: by.to_owned(),
            why: why.to_owned(),
            effect_json: None,
        };
        // First: of a run that dies between the two nothing holds but what is the champion.
        store.insert_promotion(&promotion).await?;
    }
    registry::promote(store, target, model_id, by, why).await?;
    // Whoever was in the shadow was to replace another champion.
    shadow::end(store, target).await?;
    if !automatic {
        store.resume_promotions(target).await?;
    }
    Ok(retired_id.filter(|_| is_new))
}

/// Returns the promotion by which the champion of a target became it; `None` if it was the first, or if it is the champion
/// again after a rollback.
pub(crate) async fn of_champion(store: &Store, target: &str) -> Result<Option<StoredPromotion>> {
    let champion = registry::champion(store, target).await?.map(|card| card.model_id);
    Ok(store.last_promotion(target).await?.filter(|last| champion.as_ref() == Some(&last.model_id)))
}

/// Compares the scores of open leads before and after the last promotion of a target, and records them with it.
pub(crate) async fn note_effect(
    workspace: &Workspace,
    target: &str,
    (before, after): (&str, &str),
    as_of: DateTime<Utc>,
) -> Result<PromotionEffect> {
    let noted = async {
        let effect = effect(workspace, target, (before, after), as_of).await?;
        workspace.store.set_promotion_effect(target, &serde_json::to_string(&effect)?).await?;
        Ok(effect)
    };
    let noted: Result<PromotionEffect> = noted.await;
    noted.with_context(|| {
        format!("`{after}` is the champion of `{target}`; its scores cannot be compared with `{before}`'s")
    })
}
