//! What a retraining that nobody watches has to remember: how often it looked, which challenger scores in the shadow, what
//! promotions did, and whether they have stopped. `lifecycle::retrain` owns the rules; here is the SQL.

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::database::Store;
use super::timestamps::{from_micros, to_micros};

/// A retraining that trained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredRetraining {
    /// The target.
    pub(crate) target: String,
    /// The champion that was challenged.
    pub(crate) champion_id: String,
    /// The challenger.
    pub(crate) challenger_id: String,
    /// Nothing learned later was used.
    pub(crate) as_of: DateTime<Utc>,
    /// The how manieth comparison with this champion it was, from 1 on; `None` if nothing was compared.
    pub(crate) look: Option<usize>,
    /// What was decided, as JSON.
    pub(crate) decision_json: String,
}

/// A challenger that scores in the shadow before it is promoted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ChallengerInShadow {
    /// The target.
    #[serde(skip)]
    pub(crate) target: String,
    /// The challenger.
    pub(crate) model_id: String,
    /// The champion that it is to replace.
    pub(crate) champion_id: String,
    /// Leads that came from then on are scored.
    pub(crate) since: DateTime<Utc>,
    /// How many leads it has to score.
    pub(crate) leads_needed: usize,
    /// Why it is to be promoted.
    pub(crate) why: String,
}

/// A promotion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredPromotion {
    /// The target.
    pub(crate) target: String,
    /// The champion since.
    pub(crate) model_id: String,
    /// The champion before; `None` for the first of a target.
    pub(crate) retired_id: Option<String>,
    /// When, by the time that the command worked at.
    pub(crate) promoted_at: DateTime<Utc>,
    /// Whether the project's rule did it, and no person.
    pub(crate) automatic: bool,
    /// In whose name.
    pub(crate) promoted_by: String,
    /// Why.
    pub(crate) why: String,
    /// What it did to the scores of open leads, as JSON; `None` if they were not compared.
    pub(crate) effect_json: Option<String>,
}

/// Why no challenger is promoted by itself any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct PromotionStop {
    /// Since when.
    pub(crate) stopped_at: DateTime<Utc>,
    /// Why.
    pub(crate) why: String,
}

impl Store {
    /// Records a retraining.
    pub(crate) async fn insert_retraining(&self, retraining: &StoredRetraining) -> Result<()> {
        let mut transaction = self.write().await?;
        sqlx::query(
            "INSERT INTO retraining (target, champion_id, challenger_id, as_of, look, decision_json)
             VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(&retraining.target)
        .bind(&retraining.champion_id)
        .bind(&retraining.challenger_id)
        .bind(to_micros(retraining.as_of))
        .bind(retraining.look.map(i64::try_from).transpose()?)
        .bind(&retraining.decision_json)
        .execute(&mut *transaction)
        .await
        .context("cannot record a retraining")?;
        transaction.commit().await.context("cannot commit a retraining")
    }

    /// Returns the retrainings against a champion, oldest first.
    pub(crate) async fn retrainings(&self, target: &str, champion_id: &str) -> Result<Vec<StoredRetraining>> {
        let query = "SELECT * FROM retraining WHERE target = ? AND champion_id = ? ORDER BY retraining_id";
        let rows = sqlx::query(query).bind(target).bind(champion_id).fetch_all(&self.readers).await;
        let rows = rows.with_context(|| format!("cannot read the retrainings of `{target}`"))?;
        rows.iter()
            .map(|row| {
                Ok(StoredRetraining {
                    target: row.try_get("target")?,
                    champion_id: row.try_get("champion_id")?,
                    challenger_id: row.try_get("challenger_id")?,
                    as_of: from_micros(row.try_get("as_of")?)?,
                    look: row.try_get::<Option<i64>, _>("look")?.map(usize::try_from).transpose()?,
                    decision_json: row.try_get("decision_json")?,
                })
            })
            .collect()
    }

    /// Puts a challenger in the shadow, in place of one that is there.
    pub(crate) async fn put_challenger_in_shadow(&self, challenger: &ChallengerInShadow) -> Result<()> {
        let mut transaction = self.write().await?;
        sqlx::query(
            "INSERT OR REPLACE INTO challenger_in_shadow (target, model_id, champion_id, since, leads_needed, why)
             VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(&challenger.target)
        .bind(&challenger.model_id)
        .bind(&challenger.champion_id)
        .bind(to_micros(challenger.since))
        .bind(i64::try_from(challenger.leads_needed)?)
        .bind(&challenger.why)
        .execute(&mut *transaction)
        .await
        .context("cannot put a challenger in the shadow")?;
        transaction.commit().await.context("cannot commit a challenger in the shadow")
    }

    /// Returns the challenger of a target that scores in the shadow.
    pub(crate) async fn challenger_in_shadow(&self, target: &str) -> Result<Option<ChallengerInShadow>> {
        let row = sqlx::query("SELECT * FROM challenger_in_shadow WHERE target = ?").bind(target);
        let row = row.fetch_optional(&self.readers).await.context("cannot read the challenger in the shadow")?;
        row.map(|row| {
            Ok(ChallengerInShadow {
                target: row.try_get("target")?,
                model_id: row.try_get("model_id")?,
                champion_id: row.try_get("champion_id")?,
                since: from_micros(row.try_get("since")?)?,
                leads_needed: usize::try_from(row.try_get::<i64, _>("leads_needed")?)?,
                why: row.try_get("why")?,
            })
        })
        .transpose()
    }

    /// Takes the challenger of a target out of the shadow.
    pub(crate) async fn delete_challenger_in_shadow(&self, target: &str) -> Result<()> {
        self.delete_of_target("DELETE FROM challenger_in_shadow WHERE target = ?", target).await
    }

    /// Records a promotion.
    pub(crate) async fn insert_promotion(&self, promotion: &StoredPromotion) -> Result<()> {
        let mut transaction = self.write().await?;
        sqlx::query(
            "INSERT INTO promotion (target, model_id, retired_id, promoted_at, automatic, promoted_by, why, effect_json)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&promotion.target)
        .bind(&promotion.model_id)
        .bind(&promotion.retired_id)
        .bind(to_micros(promotion.promoted_at))
        .bind(promotion.automatic)
        .bind(&promotion.promoted_by)
        .bind(&promotion.why)
        .bind(&promotion.effect_json)
        .execute(&mut *transaction)
        .await
        .context("cannot record a promotion")?;
        transaction.commit().await.context("cannot commit a promotion")
    }

    /// Notes what the last promotion of a target did to the scores of open leads.
    pub(crate) async fn set_promotion_effect(&self, target: &str, effect_json: &str) -> Result<()> {
        let mut transaction = self.write().await?;
        let update = "UPDATE promotion SET effect_json = ?
            WHERE promotion_id = (SELECT max(promotion_id) FROM promotion WHERE target = ?)";
        let done = sqlx::query(update).bind(effect_json).bind(target).execute(&mut *transaction).await;
        done.context("cannot note what a promotion did")?;
        transaction.commit().await.context("cannot commit what a promotion did")
    }

    /// Returns the last promotion of a target.
    pub(crate) async fn last_promotion(&self, target: &str) -> Result<Option<StoredPromotion>> {
        let query = "SELECT * FROM promotion WHERE target = ? ORDER BY promotion_id DESC LIMIT 1";
        let row = sqlx::query(query).bind(target).fetch_optional(&self.readers).await;
        row.context("cannot read the last promotion")?.as_ref().map(read_promotion).transpose()
    }

    /// Notes that no challenger of a target is promoted by itself any more.
    pub(crate) async fn stop_promotions(&self, target: &str, stop: &PromotionStop) -> Result<()> {
        let mut transaction = self.write().await?;
        sqlx::query("INSERT OR REPLACE INTO promotion_stop (target, stopped_at, why) VALUES (?, ?, ?)")
            .bind(target)
            .bind(to_micros(stop.stopped_at))
            .bind(&stop.why)
            .execute(&mut *transaction)
            .await
            .context("cannot stop promotions")?;
        transaction.commit().await.context("cannot commit a stop of promotions")
    }

    /// Returns why no challenger of a target is promoted by itself any more.
    pub(crate) async fn promotion_stop(&self, target: &str) -> Result<Option<PromotionStop>> {
        let row = sqlx::query("SELECT stopped_at, why FROM promotion_stop WHERE target = ?").bind(target);
        let row = row.fetch_optional(&self.readers).await.context("cannot read whether promotions have stopped")?;
        row.map(|row| {
            Ok(PromotionStop { stopped_at: from_micros(row.try_get("stopped_at")?)?, why: row.try_get("why")? })
        })
        .transpose()
    }

    /// Lets challengers of a target be promoted by themselves again.
    pub(crate) async fn resume_promotions(&self, target: &str) -> Result<()> {
        self.delete_of_target("DELETE FROM promotion_stop WHERE target = ?", target).await
    }

    async fn delete_of_target(&self, delete: &'static str, target: &str) -> Result<()> {
        let mut transaction = self.write().await?;
        let done = sqlx::query(delete).bind(target).execute(&mut *transaction).await;
        done.with_context(|| format!("cannot change what retraining remembers of `{target}`"))?;
        transaction.commit().await.context("cannot commit what retraining remembers")
    }
}

fn read_promotion(row: &SqliteRow) -> Result<StoredPromotion> {
    Ok(StoredPromotion {
        target: row.try_get("target")?,
        model_id: row.try_get("model_id")?,
        retired_id: row.try_get("retired_id")?,
        promoted_at: from_micros(row.try_get("promoted_at")?)?,
        automatic: row.try_get("automatic")?,
        promoted_by: row.try_get("promoted_by")?,
        why: row.try_get("why")?,
        effect_json: row.try_get("effect_json")?,
    })
}

#[cfg(test)]
mod tests {
    use plumb_lead::ModelKind;

    use super::super::tests::{empty, hour_of_new_year};
    use super::*;
    use crate::registry::{self, tests::card};

    async fn store_with_models() -> (Store, tempfile::TempDir, [String; 2]) {
        let (store, folder) = empty().await;
        let mut ids = Vec::new();
        for bytes in [b"1", b"2"] {
            let card = card("won", ModelKind::Logistic, bytes);
            registry::add(&store, folder.path(), bytes, &card).await.expect("the card is its own");
            ids.push(card.model_id);
        }
        let ids = ids.try_into().expect("two");
        (store, folder, ids)
    }

    #[tokio::test]
    async fn retrainings_are_of_one_champion() {
        let (store, _folder) = empty().await;
        let mut retraining = StoredRetraining {
            target: "won".into(),
            champion_id: "a".into(),
            challenger_id: "b".into(),
            as_of: hour_of_new_year(1),
            look: Some(1),
            decision_json: "{}".into(),
        };
        store.insert_retraining(&retraining).await.expect("written");
        let first = retraining.clone();
        retraining.look = None;
        store.insert_retraining(&retraining).await.expect("written");
        assert_eq!(store.retrainings("won", "a").await.expect("read"), [first, retraining]);
        assert_eq!(store.retrainings("won", "b").await.expect("read"), []);
    }

    #[tokio::test]
    async fn one_challenger_of_a_target_is_in_the_shadow() {
        let (store, _folder, [first, second]) = store_with_models().await;
        let mut challenger = ChallengerInShadow {
            target: "won".into(),
            model_id: second.clone(),
            champion_id: first.clone(),
            since: hour_of_new_year(1),
            leads_needed: 200,
            why: "it is better".into(),
        };
        for leads_needed in [200, 300] {
            challenger.leads_needed = leads_needed;
            store.put_challenger_in_shadow(&challenger).await.expect("written");
        }
        assert_eq!(store.challenger_in_shadow("won").await.expect("read"), Some(challenger));
        store.delete_challenger_in_shadow("won").await.expect("written");
        assert_eq!(store.challenger_in_shadow("won").await.expect("read"), None);
    }

    #[tokio::test]
    async fn the_last_promotion_has_the_effect_and_a_stop_ends() {
        let (store, _folder, [first, second]) = store_with_models().await;
        let mut promotion = StoredPromotion {
            target: "won".into(),
            model_id: first.clone(),
            retired_id: None,
            promoted_at: hour_of_new_year(1),
            automatic: false,
            promoted_by: "ada".into(),
            why: "by hand".into(),
            effect_json: None,
        };
        store.insert_promotion(&promotion).await.expect("written");
        promotion.retired_id = Some(first);
        promotion.model_id = second;
        promotion.automatic = true;
        store.insert_promotion(&promotion).await.expect("written");
        store.set_promotion_effect("won", "{}").await.expect("written");
        promotion.effect_json = Some("{}".into());
        assert_eq!(store.last_promotion("won").await.expect("read"), Some(promotion));
        assert_eq!(store.last_promotion("approved").await.expect("read"), None);

        let stop = PromotionStop { stopped_at: hour_of_new_year(2), why: "calibration broke".into() };
        store.stop_promotions("won", &stop).await.expect("written");
        assert_eq!(store.promotion_stop("won").await.expect("read"), Some(stop));
        assert_eq!(store.promotion_stop("approved").await.expect("read"), None);
        store.resume_promotions("won").await.expect("written");
        assert_eq!(store.promotion_stop("won").await.expect("read"), None);
    }
}
