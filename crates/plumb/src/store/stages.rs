//! Which model is in which stage, and who put it there. The registry owns the rules; here is the SQL.

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::database::Store;
use super::lead_history::StoredOrder;
use super::stage::Stage;
use super::timestamps::{from_micros, to_micros};

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

    fn of_word(word: &str) -> Result<Action> {
        [Action::Challenge, Action::Promote, Action::Rollback]
            .into_iter()
            .find(|action| action.word() == word)
            .with_context(|| format!("`{word}` is not an action of the registry"))
    }

    /// Returns the stage into which the action puts a model.
    fn stage(self) -> Stage {
        match self {
            Action::Challenge => Stage::Challenger,
            Action::Promote | Action::Rollback => Stage::Champion,
        }
    }
}

impl Store {
    /// Returns the id of the model in a target's stage.
    pub(crate) async fn model_in_stage(&self, target: &str, stage: Stage) -> Result<Option<String>> {
        sqlx::query_scalar("SELECT model_id FROM stage WHERE target = ? AND stage = ?")
            .bind(target)
            .bind(stage.word())
            .fetch_optional(&self.registry)
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
            sqlx::query("DELETE FROM stage WHERE target = ? AND stage = ? AND model_id = ?")
                .bind(&change.target)
                .bind(Stage::Challenger.word())
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
        .bind(to_micros(change.changed_at))
        .execute(&mut *transaction)
        .await
        .context("cannot record a change of the stages")?;
        transaction.commit().await.context("cannot commit a change of the stages")?;
        self.change_registry_marker()
    }

    /// Returns the changes of a target's stages, oldest first.
    pub(crate) async fn stage_changes(&self, target: &str) -> Result<Vec<StageChange>> {
        let rows = sqlx::query("SELECT * FROM stage_change WHERE target = ? ORDER BY change_id")
            .bind(target)
            .fetch_all(&self.readers)
            .await
            .with_context(|| format!("cannot read the history of target `{target}`"))?;
        rows.iter().map(read).collect()
    }

    /// Returns the changes of a target's stages before a place, the last one first.
    pub(crate) async fn stage_changes_before(
        &self,
        target: &str,
        before: Option<StoredOrder>,
        limit: usize,
    ) -> Result<Vec<(StoredOrder, StageChange)>> {
        let query = "SELECT * FROM stage_change WHERE target = ? AND change_id < ? ORDER BY change_id DESC LIMIT ?";
        let rows = sqlx::query(query)
            .bind(target)
            .bind(before.unwrap_or(StoredOrder::MAX))
            .bind(i64::try_from(limit)?)
            .fetch_all(&self.lists)
            .await
            .with_context(|| format!("cannot read the history of target `{target}`"))?;
        rows.iter().map(|row| Ok((row.try_get("change_id")?, read(row)?))).collect()
    }

    /// Returns a number that grows with each change of the stages and of the variants.
    pub(crate) async fn stage_revision(&self) -> Result<i64> {
        let query = "SELECT (SELECT coalesce(max(change_id), 0) FROM stage_change)
            + (SELECT coalesce(max(change_id), 0) FROM variant_change)";
        sqlx::query_scalar(query).fetch_one(&self.registry).await.context("cannot read the registry's revision")
    }
}

fn read(row: &SqliteRow) -> Result<StageChange> {
    Ok(StageChange {
        target: row.try_get("target")?,
        action: Action::of_word(row.try_get("action")?)?,
        model_id: row.try_get("model_id")?,
        changed_by: row.try_get("changed_by")?,
        why: row.try_get("why")?,
        changed_at: from_micros(row.try_get("changed_at")?)?,
    })
}
