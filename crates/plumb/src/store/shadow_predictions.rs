//! Predictions of shadow variants, which nobody was told.

use std::collections::HashSet;
use std::sync::LazyLock;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use sqlx::{Sqlite, Transaction};

use super::bulk_insert::{BulkInsert, Statement};
use super::database::Store;
use super::prediction_row::PredictionRow;
use super::timestamps::to_micros;

/// Appends predictions, each with its variant, in a transaction that has begun.
pub(super) async fn append(
    transaction: &mut Transaction<'static, Sqlite>,
    predictions: &[(&str, &PredictionRow)],
) -> Result<()> {
    SHADOWS
        .execute(transaction, predictions, bind_shadow)
        .await
        .context("cannot store the predictions of shadow variants")
}

impl Store {
    /// Appends predictions of a shadow variant, all of them or none.
    pub(crate) async fn insert_shadow_predictions(&self, variant: &str, predictions: &[PredictionRow]) -> Result<()> {
        let mut transaction = self.write().await?;
        let rows: Vec<(&str, &PredictionRow)> = predictions.iter().map(|row| (variant, row)).collect();
        append(&mut transaction, &rows).await?;
        transaction.commit().await.context("cannot commit the predictions of a shadow variant")
    }

    /// Returns the leads that a model has scored in the shadow, as of a time or later.
    pub(crate) async fn shadow_leads(
        &self,
        target: &str,
        model_id: &str,
        since: DateTime<Utc>,
    ) -> Result<HashSet<String>> {
        let query = "SELECT DISTINCT lead_id FROM shadow_prediction WHERE target = ? AND model_id = ? AND as_of >= ?";
        let leads = sqlx::query_scalar(query).bind(target).bind(model_id).bind(to_micros(since));
        let leads: Vec<String> =
            leads.fetch_all(&self.readers).await.context("cannot read who was scored in the shadow")?;
        Ok(leads.into_iter().collect())
    }

    /// Returns how many predictions a shadow variant has made for a target.
    #[cfg(test)]
    pub(crate) async fn shadow_count(&self, target: &str, variant: &str) -> Result<i64> {
        let count = sqlx::query_scalar("SELECT count(*) FROM shadow_prediction WHERE target = ? AND variant = ?");
        Ok(count.bind(target).bind(variant).fetch_one(&self.readers).await?)
    }
}

static SHADOWS: LazyLock<BulkInsert> = LazyLock::new(|| {
    BulkInsert::new("shadow_prediction (prediction_id, variant, lead_id, target, model_id, as_of, score)", 7, "")
});

fn bind_shadow(statement: Statement, (variant, row): &(&str, &PredictionRow)) -> Statement {
    statement
        .bind(row.prediction_id.clone())
        .bind(*variant)
        .bind(row.lead_id.clone())
        .bind(row.target.clone())
        .bind(row.model_id.clone())
        .bind(row.as_of)
        .bind(row.score)
}
