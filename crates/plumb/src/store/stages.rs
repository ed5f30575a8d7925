//! Model cards, which model stands in which stage, and who put it there. The registry owns the rules; here is the SQL.

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use plumb_lead::ModelCard;
use sqlx::Row;

use super::stage::Stage;
use super::{Store, moment, stored};

/// One change of the stages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StageChange {
    /// The target.
    pub(crate) target: String,
    /// What was done.
    pub(crate) action: Action,
    /// The model that the change put in place.
    pub(crate) model_id: String,
    /// Who did it.
    pub(crate) changed_by: String,
    /// Why.
    pub(crate) why: String,
    /// When.
    pub(crate) changed_at: DateTime<Utc>,
}

/// What can be done to the stages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// A model became the challenger.
    Challenge,
    /// A model became the champion.
    Promote,
    /// The champion before became the champion again.
    Rollback,
}

impl Action {
    /// Returns the word used in the store and on the page.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Action::Challenge => "challenge",
            Action::Promote => "promote",
            Action::Rollback => "rollback",
        }
    }

    /// Returns the stage that a model comes into.
    fn stage(self) -> Stage {
        match self {
            Action::Challenge => Stage::Challenger,
            Action::Promote | Action::Rollback => Stage::Champion,
        }
    }

    fn of_word(word: &str) -> Result<Action> {
        [Action::Challenge, Action::Promote, Action::Rollback]
            .into_iter()
            .find(|action| action.word() == word)
            .with_context(|| format!("`{word}` is not an action of the registry"))
    }
}

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
        .bind(stored(added_at))
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
        json.map(|json| read_card(&json)).transpose()
    }

    /// Returns the cards of a target's models, newest first.
    pub(crate) async fn cards(&self, target: &str) -> Result<Vec<ModelCard>> {
        let cards: Vec<String> =
            sqlx::query_scalar("SELECT card_json FROM model WHERE target = ? ORDER BY added_at DESC, model_id")
                .bind(target)
                .fetch_all(&self.readers)
                .await
                .with_context(|| format!("cannot read the models of target `{target}`"))?;
        cards.iter().map(|json| read_card(json)).collect()
    }

    /// Returns the targets that any model answers for, in alphabetical order.
    pub(crate) async fn targets_with_models(&self) -> Result<Vec<String>> {
        sqlx::query_scalar("SELECT DISTINCT target FROM model ORDER BY target")
            .fetch_all(&self.readers)
            .await
            .context("cannot read the targets of the models")
    }

    /// Returns the id of the model in a stage of a target.
    pub(crate) async fn model_in_stage(&self, target: &str, stage: Stage) -> Result<Option<String>> {
        sqlx::query_scalar("SELECT model_id FROM stage WHERE target = ? AND stage = ?")
            .bind(target)
            .bind(stage.word())
            .fetch_optional(&self.readers)
            .await
            .with_context(|| format!("cannot read the {} of target `{target}`", stage.word()))
    }

    /// Records a change and puts it into effect, in one transaction. A challenger that becomes champion leaves its stage.
    pub(crate) async fn change_stage(&self, change: &StageChange) -> Result<()> {
        let stage = change.action.stage();
        let mut transaction = self.write().await?;
        sqlx::query("INSERT OR REPLACE INTO stage (target, stage, model_id) VALUES (?, ?, ?)")
            .bind(&change.target)
            .bind(stage.word())
            .bind(&change.model_id)
            .execute(&mut *transaction)
            .await
            .context("cannot change the stages")?;
        if stage == Stage::Champion {
            sqlx::query("DELETE FROM stage WHERE target = ? AND stage = 'challenger' AND model_id = ?")
                .bind(&change.target)
                .bind(&change.model_id)
                .execute(&mut *transaction)
                .await
                .context("cannot change the stages")?;
        }
        sqlx::query(
            "INSERT INTO stage_change (target, action, model_id, changed_by, why, changed_at) VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(&change.target)
        .bind(change.action.word())
        .bind(&change.model_id)
        .bind(&change.changed_by)
        .bind(&change.why)
        .bind(stored(change.changed_at))
        .execute(&mut *transaction)
        .await
        .context("cannot record a change of the stages")?;
        transaction.commit().await.context("cannot commit a change of the stages")?;
        self.touch()
    }

    /// Returns the changes of a target's stages, oldest first.
    pub(crate) async fn stage_changes(&self, target: &str) -> Result<Vec<StageChange>> {
        let rows = sqlx::query("SELECT * FROM stage_change WHERE target = ? ORDER BY change_id")
            .bind(target)
            .fetch_all(&self.readers)
            .await
            .with_context(|| format!("cannot read the history of target `{target}`"))?;
        rows.iter()
            .map(|row| {
                Ok(StageChange {
                    target: row.try_get("target")?,
                    action: Action::of_word(row.try_get("action")?)?,
                    model_id: row.try_get("model_id")?,
                    changed_by: row.try_get("changed_by")?,
                    why: row.try_get("why")?,
                    changed_at: moment(row.try_get("changed_at")?)?,
                })
            })
            .collect()
    }

    /// Returns a number that grows with each change of the stages and of the variants.
    pub(crate) async fn stage_revision(&self) -> Result<i64> {
        let query = "SELECT (SELECT coalesce(max(change_id), 0) FROM stage_change)
            + (SELECT coalesce(max(change_id), 0) FROM variant_change)";
        sqlx::query_scalar(query).fetch_one(&self.readers).await.context("cannot read the registry's revision")
    }
}

fn read_card(json: &str) -> Result<ModelCard> {
    serde_json::from_str(json).context("a stored model card is unreadable")
}
