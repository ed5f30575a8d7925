//! The predictions of one lead and the feedback on them, a page at a time, from the newest back.

use anyhow::{Context, Result};
use plumb_lead::{Feedback, Prediction};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::database::Store;
use super::feedback;
use super::prediction_row::read;
use super::predictions::select;

/// Where something stands in the order in which it was stored. It grows, and nobody can choose it.
pub(crate) type StoredOrder = i64;

impl Store {
    /// Returns the predictions of a lead that were stored before a place, for all targets, the last one first.
    pub(crate) async fn history_of_lead(
        &self,
        lead_id: &str,
        before: Option<StoredOrder>,
        limit: usize,
    ) -> Result<Vec<(StoredOrder, Prediction)>> {
        let mut history = Vec::new();
        // An index is in this order for each target alone; leads have few.
        for target in self.targets_of_lead(lead_id).await? {
            history.append(&mut self.history_of_target(lead_id, &target, before, limit).await?);
        }
        history.sort_by_key(|(order, _)| std::cmp::Reverse(*order));
        history.truncate(limit);
        Ok(history)
    }

    /// Returns the predictions of a lead for one target that were stored before a place, the last one first.
    pub(crate) async fn history_of_target(
        &self,
        lead_id: &str,
        target: &str,
        before: Option<StoredOrder>,
        limit: usize,
    ) -> Result<Vec<(StoredOrder, Prediction)>> {
        let mut query = select("FROM prediction p WHERE p.lead_id = ");
        query.push_bind(lead_id).push(" AND p.target = ").push_bind(target);
        query.push(" AND p.rowid < ").push_bind(before.unwrap_or(StoredOrder::MAX));
        query.push(" ORDER BY p.rowid DESC LIMIT ").push_bind(i64::try_from(limit)?);
        let rows = query.build().fetch_all(&self.lists).await.context("cannot read the history of a lead")?;
        let prediction = |row: &SqliteRow| -> Result<_> { Ok((row.try_get("stored_order")?, read(row)?)) };
        rows.iter().map(|row| prediction(row).context("a stored prediction is unreadable")).collect()
    }

    /// Returns the targets for which a lead has predictions: one look at the index for each.
    async fn targets_of_lead(&self, lead_id: &str) -> Result<Vec<String>> {
        sqlx::query_scalar(
            "WITH RECURSIVE found (target) AS (
               SELECT min(target) FROM prediction WHERE lead_id = ?1
               UNION ALL
               SELECT (SELECT min(p.target) FROM prediction p WHERE p.lead_id = ?1 AND p.target > found.target)
               FROM found WHERE found.target IS NOT NULL
             )
             SELECT target FROM found WHERE target IS NOT NULL",
        )
        .bind(lead_id)
        .fetch_all(&self.lists)
        .await
        .context("cannot read for which targets a lead was scored")
    }

    /// Returns the feedback on predictions of a lead that was stored before a place, the last one first, each with its
    /// prediction.
    pub(crate) async fn feedback_of_lead(
        &self,
        lead_id: &str,
        before: Option<StoredOrder>,
        limit: usize,
    ) -> Result<Vec<(StoredOrder, Feedback, Prediction)>> {
        let rows = sqlx::query(
            "SELECT f.rowid AS stored_order, p.*, f.feedback_id, f.complaint, f.comment, f.said_by, f.said_at
             FROM feedback f JOIN prediction p USING (prediction_id)
             WHERE f.lead_id = ? AND f.rowid < ? ORDER BY f.rowid DESC LIMIT ?",
        )
        .bind(lead_id)
        .bind(before.unwrap_or(StoredOrder::MAX))
        .bind(i64::try_from(limit)?)
        .fetch_all(&self.lists)
        .await
        .context("cannot read feedback")?;
        let flag = |row: &SqliteRow| -> Result<_> {
            let (feedback, prediction) = feedback::read(row)?;
            Ok((row.try_get("stored_order")?, feedback, prediction))
        };
        rows.iter().map(flag).collect()
    }
}
