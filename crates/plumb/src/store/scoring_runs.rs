//! The scoring of all open leads of a target, as the database has it: block after block, each in a transaction of its own, so
//! that nobody waits for the whole. A lead has its old prediction on the list or its new one, whenever the run is killed; a
//! run that was killed goes on where it was.

use std::collections::HashSet;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use plumb_lead::{Observation, Prediction};
use sqlx::{QueryBuilder, Row, Sqlite, Transaction};

use super::database::{ROWS_PER_INSERT, ROWS_PER_TRANSACTION, Store};
use super::predictions;
use super::timestamps::{from_micros, to_micros};

/// What a run scores. Two runs of which this is the same give the same predictions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ScoringRun {
    /// The target.
    pub(crate) target: String,
    /// The champion that scores.
    pub(crate) model_id: String,
    /// The version of the ground.
    pub(crate) ground: String,
    /// The time as of which leads are open.
    pub(crate) as_of: DateTime<Utc>,
    /// Whether the earlier ages of open leads are scored, too.
    pub(crate) history: bool,
}

/// Leads of a list that are read at once.
const LEADS_READ_AT_ONCE: i64 = 5_000;

impl Store {
    /// Returns the run of a target that was killed, and the last observation that it stored.
    pub(crate) async fn unfinished_run(&self, target: &str) -> Result<Option<(ScoringRun, Observation)>> {
        let row = sqlx::query("SELECT * FROM scoring_run WHERE target = ?").bind(target);
        let row = row.fetch_optional(&self.readers).await.context("cannot read how far leads are scored")?;
        let Some(row) = row else { return Ok(None) };
        let run = ScoringRun {
            target: row.try_get("target")?,
            model_id: row.try_get("model_id")?,
            ground: row.try_get("ground")?,
            as_of: from_micros(row.try_get("as_of")?)?,
            history: row.try_get("history")?,
        };
        let as_of = from_micros(row.try_get("observed_at")?)?;
        Ok(Some((run, Observation { lead_id: row.try_get("lead_id")?, as_of })))
    }

    /// Stores predictions of a run on open leads, in the order of their observations, and how far the run has come: all of
    /// it or nothing. The leads are on the list then.
    pub(crate) async fn append_to_run(&self, run: &ScoringRun, predictions: &[Prediction]) -> Result<()> {
        let Some(last) = predictions.last() else { return Ok(()) };
        let rows = predictions::rows_of(predictions)?;
        let mut transaction = self.write().await?;
        predictions::append(&mut transaction, rows.iter()).await?;
        let leads: Vec<&str> = predictions.iter().map(|prediction| prediction.lead_id.as_str()).collect();
        set_list(&mut transaction, &run.target, &leads, "0, 2", 1).await?;
        sqlx::query(
            "INSERT OR REPLACE INTO scoring_run (target, model_id, ground, as_of, history, lead_id, observed_at)
             VALUES (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&run.target)
        .bind(&run.model_id)
        .bind(&run.ground)
        .bind(to_micros(run.as_of))
        .bind(run.history)
        .bind(&last.lead_id)
        .bind(to_micros(last.as_of))
        .execute(&mut *transaction)
        .await
        .context("cannot record how far leads are scored")?;
        transaction.commit().await.context("cannot commit predictions")
    }

    /// Records that all leads of a target are scored.
    pub(crate) async fn finish_run(&self, target: &str) -> Result<()> {
        let mut transaction = self.write().await?;
        let delete = sqlx::query("DELETE FROM scoring_run WHERE target = ?").bind(target);
        delete.execute(&mut *transaction).await.context("cannot record that leads are scored")?;
        transaction.commit().await.context("cannot commit that leads are scored")
    }

    /// Leaves only these leads on a target's ranked list: the others are decided, or past their horizon. Their
    /// predictions stay.
    pub(crate) async fn set_open_leads(&self, target: &str, open: &HashSet<&str>) -> Result<()> {
        let mut behind = String::new();
        loop {
            let read = sqlx::query_as(
                "SELECT lead_id, list FROM latest_prediction WHERE target = ? AND lead_id > ? ORDER BY lead_id LIMIT ?",
            );
            let read = read.bind(target).bind(&behind).bind(LEADS_READ_AT_ONCE).fetch_all(&self.readers).await;
            let leads: Vec<(String, i64)> = read.context("cannot read the ranked list")?;
            let Some((last, _)) = leads.last() else { return Ok(()) };
            behind = last.clone();
            let of = |list: i64, is_open: bool| -> Vec<&str> {
                let found = leads.iter().filter(|(lead, on)| *on == list && open.contains(lead.as_str()) == is_open);
                found.map(|(lead, _)| lead.as_str()).collect()
            };
            self.move_leads(target, &of(1, false), 1, 0).await?;
            self.move_leads(target, &of(0, true), 0, 1).await?;
        }
    }

    /// Takes leads off a target's ranked list. Their predictions stay.
    pub(crate) async fn take_off_list(&self, target: &str, leads: &[&str]) -> Result<()> {
        self.move_leads(target, leads, 1, 0).await
    }

    /// Moves leads from one list of a target to another.
    async fn move_leads(&self, target: &str, leads: &[&str], from: i64, to: i64) -> Result<()> {
        for leads in leads.chunks(ROWS_PER_TRANSACTION) {
            let mut transaction = self.write().await?;
            set_list(&mut transaction, target, leads, &from.to_string(), to).await?;
            transaction.commit().await.context("cannot commit which leads are on the ranked list")?;
            self.let_others_write().await;
        }
        Ok(())
    }
}

/// Moves leads of a target to a list, if they are on one of others.
async fn set_list(
    transaction: &mut Transaction<'static, Sqlite>,
    target: &str,
    leads: &[&str],
    from: &str,
    to: i64,
) -> Result<()> {
    for leads in leads.chunks(ROWS_PER_INSERT) {
        let mut query = QueryBuilder::<Sqlite>::new("UPDATE latest_prediction SET list = ");
        query.push_bind(to).push(" WHERE target = ").push_bind(target);
        query.push(" AND +list IN (").push(from).push(") AND lead_id IN (");
        let mut list = query.separated(", ");
        for lead_id in leads {
            list.push_bind(*lead_id);
        }
        query.push(")");
        query.build().execute(&mut **transaction).await.context("cannot change which leads are on the ranked list")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{empty, hour_of_new_year, prediction};
    use super::*;

    #[tokio::test]
    async fn a_block_is_stored_with_how_far_the_run_has_come_or_not_at_all() {
        let (store, _folder) = empty().await;
        let run = ScoringRun {
            target: "converted".into(),
            model_id: "cafe".into(),
            ground: "f00d".into(),
            as_of: hour_of_new_year(3),
            history: true,
        };
        assert_eq!(store.unfinished_run("converted").await.expect("read"), None);
        let mut block: Vec<Prediction> =
            (0..1200).map(|row| prediction(&format!("p{row:04}"), &format!("lead {row:04}"), 1, 0.5)).collect();
        store.append_to_run(&run, &block).await.expect("more rows than one INSERT takes");
        assert_eq!(store.band_counts("converted").await.expect("read").total(), 0, "there are no rows of requests");
        let last = Observation { lead_id: "lead 1199".into(), as_of: hour_of_new_year(1) };
        assert_eq!(store.unfinished_run("converted").await.expect("read"), Some((run.clone(), last.clone())));

        block.truncate(1);
        block.insert(0, prediction("new", "new", 1, 0.5));
        let error = store.append_to_run(&run, &block).await.expect_err("p0000 is there already");
        assert!(format!("{error:#}").contains("prediction_id"), "{error:#}");
        assert_eq!(store.prediction("new").await.expect("read"), None);
        assert_eq!(store.unfinished_run("converted").await.expect("read"), Some((run, last)));
        store.finish_run("converted").await.expect("written");
        assert_eq!(store.unfinished_run("converted").await.expect("read"), None);
    }
}
