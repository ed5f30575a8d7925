//! Model cards.

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use plumb_lead::ModelCard;

use super::database::Store;
use super::timestamps::to_micros;

impl Store {
    /// Stores a model's card; the card of a model that is there already is replaced.
    pub(crate) async fn put_card(&self, card: &ModelCard, added_at: DateTime<Utc>) -> Result<()> {
        sqlx::query(
            "INSERT INTO model (model_id, target, card_json, added_at) VALUES (?, ?, ?, ?)
             ON CONFLICT (model_id) DO UPDATE SET card_json = excluded.card_json",
        )
        .bind(&card.model_id)
        .bind(&card.target)
        .bind(serde_json::to_string(card)?)
        .bind(to_micros(added_at))
        .execute(&self.writer)
        .await
        .with_context(|| format!("cannot store the card of model `{}`", card.model_id))?;
        Ok(())
    }

    /// Returns the card of a model.
    pub(crate) async fn card(&self, model_id: &str) -> Result<Option<ModelCard>> {
        let json: Option<String> = sqlx::query_scalar("SELECT card_json FROM model WHERE model_id = ?")
            .bind(model_id)
            .fetch_optional(&self.readers)
            .await
            .with_context(|| format!("cannot read the card of model `{model_id}`"))?;
        json.map(|json| read(&json)).transpose()
    }

    /// Returns the cards of a target's models, newest first.
    pub(crate) async fn cards(&self, target: &str) -> Result<Vec<ModelCard>> {
        let cards: Vec<String> =
            sqlx::query_scalar("SELECT card_json FROM model WHERE target = ? ORDER BY added_at DESC, model_id")
                .bind(target)
                .fetch_all(&self.readers)
                .await
                .with_context(|| format!("cannot read the models of target `{target}`"))?;
        cards.iter().map(|json| read(json)).collect()
    }

    /// Returns the targets that have a model, in alphabetical order.
    pub(crate) async fn targets_with_models(&self) -> Result<Vec<String>> {
        sqlx::query_scalar("SELECT DISTINCT target FROM model ORDER BY target")
            .fetch_all(&self.readers)
            .await
            .context("cannot read the targets of the models")
    }
}

fn read(json: &str) -> Result<ModelCard> {
    serde_json::from_str(json).context("a stored model card is unreadable")
}
