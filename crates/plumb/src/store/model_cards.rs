//! Model cards.

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use plumb_lead::ModelCard;

use super::database::Store;
use super::lead_history::StoredOrder;
use super::timestamps::to_micros;

impl Store {
    /// Stores a model's card; the card of a model that is there already is replaced.
    pub(crate) async fn put_card(&self, card: &ModelCard, added_at: DateTime<Utc>) -> Result<()> {
        let mut transaction = self.write().await?;
        sqlx::query(
            "INSERT INTO model (model_id, target, card_json, added_at) VALUES (?, ?, ?, ?)
             ON CONFLICT (model_id) DO UPDATE SET card_json = excluded.card_json",
        )
        .bind(&card.model_id)
        .bind(&card.target)
        .bind(serde_json::to_string(card)?)
        .bind(to_micros(added_at))
        .execute(&mut *transaction)
        .await
        .with_context(|| format!("cannot store the card of model `{}`", card.model_id))?;
        transaction.commit().await.with_context(|| format!("cannot commit the card of model `{}`", card.model_id))
    }

    /// Returns the card of a model.
    pub(crate) async fn card(&self, model_id: &str) -> Result<Option<ModelCard>> {
        let json: Option<String> = sqlx::query_scalar("SELECT card_json FROM model WHERE model_id = ?")
            .bind(model_id)
            .fetch_optional(&self.registry)
            .await
            .with_context(|| format!("cannot read the card of model `{model_id}`"))?;
        json.map(|json| read(&json)).transpose()
    }

    /// Returns the cards of a target's models that were added before a place, the last one first.
    pub(crate) async fn cards(
        &self,
        target: &str,
        before: Option<StoredOrder>,
        limit: usize,
    ) -> Result<Vec<(StoredOrder, ModelCard)>> {
        let query = "SELECT rowid, card_json FROM model WHERE target = ? AND rowid < ? ORDER BY rowid DESC LIMIT ?";
        let cards: Vec<(StoredOrder, String)> = sqlx::query_as(query)
            .bind(target)
            .bind(before.unwrap_or(StoredOrder::MAX))
            .bind(i64::try_from(limit)?)
            .fetch_all(&self.lists)
            .await
            .with_context(|| format!("cannot read the models of target `{target}`"))?;
        cards.iter().map(|(order, json)| Ok((*order, read(json)?))).collect()
    }

    /// Returns the ids of all models with their targets.
    pub(crate) async fn model_ids(&self) -> Result<Vec<(String, String)>> {
        sqlx::query_as("SELECT model_id, target FROM model ORDER BY rowid")
            .fetch_all(&self.readers)
            .await
            .context("cannot read the models")
    }

    /// Returns the targets that have a model, in alphabetical order.
    pub(crate) async fn targets_with_models(&self) -> Result<Vec<String>> {
        sqlx::query_scalar("SELECT DISTINCT target FROM model ORDER BY target")
            .fetch_all(&self.registry)
            .await
            .context("cannot read the targets of the models")
    }
}

fn read(json: &str) -> Result<ModelCard> {
    serde_json::from_str(json).context("a stored model card is unreadable")
}
