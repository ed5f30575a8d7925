//! The models of the registry and their cards.

use std::path::Path;

use anyhow::{Context, Result, bail};
use chrono::Utc;
use plumb_lead::ModelCard;

use super::files;
use crate::store::{Store, StoredOrder};

/// Adds a model and its card. The file is whole or absent, whenever the program is killed; adding the same model again
/// replaces its card.
pub(crate) async fn add(store: &Store, data: &Path, bytes: &[u8], card: &ModelCard) -> Result<()> {
    let id = files::model_id(bytes);
    if card.model_id != id {
        bail!(
            "the card is of model `{}`, and the model's content hashes to `{id}`: expected the model's own card",
            card.model_id
        );
    }
    files::write(data, &id, bytes)?;
    store.put_card(card, Utc::now()).await
}

/// Returns the card of a model. An unknown model is an error.
pub(crate) async fn card(store: &Store, id: &str) -> Result<ModelCard> {
    let card = store.card(id).await?;
    card.with_context(|| format!("there is no model `{id}` in the registry: see the models' page for their ids"))
}

/// Returns the cards of a target's models that were added before a place, the last one first.
pub(crate) async fn cards(
    store: &Store,
    target: &str,
    before: Option<StoredOrder>,
    limit: usize,
) -> Result<Vec<(StoredOrder, ModelCard)>> {
    store.cards(target, before, limit).await
}

/// Returns an error if a model predicts another target.
pub(super) async fn check_target(store: &Store, id: &str, target: &str) -> Result<ModelCard> {
    let card = card(store, id).await?;
    if card.target != target {
        bail!("model `{id}` predicts target `{}`, not `{target}`", card.target);
    }
    Ok(card)
}
