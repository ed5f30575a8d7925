//! Which model is the champion of a target and which the challenger, and the rules by which that changes.

use anyhow::{Result, bail};
use chrono::Utc;
use plumb_lead::ModelCard;

use super::models::{card, check_target};
use crate::store::{Action, Stage, StageChange, Store, StoredOrder};

/// Returns the card of a target's champion: the model that scores its leads.
pub(crate) async fn champion(store: &Store, target: &str) -> Result<Option<ModelCard>> {
    in_stage(store, target, Stage::Champion).await
}

/// Returns the card of a target's challenger: the candidate for champion.
pub(crate) async fn challenger(store: &Store, target: &str) -> Result<Option<ModelCard>> {
    in_stage(store, target, Stage::Challenger).await
}

/// Makes a model the challenger of its target.
pub(super) async fn set_challenger(store: &Store, id: &str, by: &str, why: &str) -> Result<()> {
    let card = card(store, id).await?;
    change(store, &card.target, Action::Challenge, id, by, why).await
}

/// Makes a model the champion of a target. Nothing changes if it is already.
pub(crate) async fn promote(store: &Store, target: &str, id: &str, by: &str, why: &str) -> Result<()> {
    check_target(store, id, target).await?;
    if store.model_in_stage(target, Stage::Champion).await?.as_deref() == Some(id) {
        return Ok(());
    }
    change(store, target, Action::Promote, id, by, why).await
}

/// Makes the previous champion the champion again, and returns its card. Done twice, it goes back two.
pub(crate) async fn rollback(store: &Store, target: &str, by: &str, why: &str) -> Result<ModelCard> {
    let champions = stack_of_champions(&store.stage_changes(target).await?);
    let [.., previous, _] = champions.as_slice() else {
        bail!(
            "target `{target}` has no champion to go back to: {} so far",
            match champions.len() {
                0 => "no model was promoted",
                _ => "only one model was promoted",
            }
        );
    };
    let card = card(store, previous).await?;
    change(store, target, Action::Rollback, previous, by, why).await?;
    Ok(card)
}

/// Returns the changes of a target's stages before a place, the last one first: who changed what, when and why.
pub(crate) async fn history(
    store: &Store,
    target: &str,
    before: Option<StoredOrder>,
    limit: usize,
) -> Result<Vec<(StoredOrder, StageChange)>> {
    store.stage_changes_before(target, before, limit).await
}

/// Returns a number that grows with each change of a stage or a variant, so that a running server notices a new champion.
pub(crate) async fn revision(store: &Store) -> Result<i64> {
    store.stage_revision().await
}

/// Returns the champions as a stack, oldest first: a promotion pushes one, a rollback pops one.
fn stack_of_champions(changes: &[StageChange]) -> Vec<String> {
    let mut stack = Vec::new();
    for change in changes {
        match change.action {
            Action::Challenge => {}
            Action::Promote => stack.push(change.model_id.clone()),
            Action::Rollback => drop(stack.pop()),
        }
    }
    stack
}

async fn in_stage(store: &Store, target: &str, stage: Stage) -> Result<Option<ModelCard>> {
    match store.model_in_stage(target, stage).await? {
        Some(id) => card(store, &id).await.map(Some),
        None => Ok(None),
    }
}

async fn change(store: &Store, target: &str, action: Action, id: &str, by: &str, why: &str) -> Result<()> {
    let change = StageChange {
        target: target.to_owned(),
        action,
        model_id: id.to_owned(),
        changed_by: by.to_owned(),
        why: why.to_owned(),
        changed_at: Utc::now(),
    };
    store.change_stage(&change).await
}
