//! What is loaded of the journal: its predictions, and how far each of its files is loaded, in one transaction.

use std::sync::LazyLock;

use anyhow::{Context, Result};

use super::insert::{Insert, Statement};
use super::{PredictionRow, Store, predictions, truth};
use crate::journal::Record;

impl Store {
    /// Returns how many bytes of a file are loaded.
    pub(crate) async fn journal_loaded(&self, segment: &str) -> Result<u64> {
        let bytes: Option<i64> = sqlx::query_scalar("SELECT bytes FROM journal WHERE segment = ?")
            .bind(segment)
            .fetch_optional(&self.readers)
            .await
            .context("cannot read how far the journal is loaded")?;
        Ok(u64::try_from(bytes.unwrap_or(0))?)
    }

    /// Loads records, which end at this byte of their file; all of it or nothing.
    pub(crate) async fn load_journal(&self, segment: &str, bytes: u64, records: &[Record]) -> Result<()> {
        let mut transaction = self.write().await?;
        let (shadows, answers): (Vec<&Record>, Vec<&Record>) = records.iter().partition(|record| record.shadow);
        predictions::append(&mut transaction, answers.iter().flat_map(|record| &record.rows)).await?;
        let shadows: Vec<(&str, &PredictionRow)> =
            shadows.iter().flat_map(|record| record.rows.iter().map(|row| (record.variant.as_str(), row))).collect();
        SHADOWS
            .execute(&mut transaction, &shadows, bind_shadow)
            .await
            .context("cannot store what shadow variants said")?;
        truth::note_events(&mut transaction, records)
            .await
            .context("cannot store by which names predictions were made")?;
        sqlx::query(
            "INSERT INTO journal (segment, bytes) VALUES (?, ?)
             ON CONFLICT (segment) DO UPDATE SET bytes = excluded.bytes",
        )
        .bind(segment)
        .bind(i64::try_from(bytes)?)
        .execute(&mut *transaction)
        .await
        .context("cannot note how far the journal is loaded")?;
        transaction.commit().await.context("cannot commit what the journal says")
    }

    /// Forgets a file that is gone.
    pub(crate) async fn forget_journal(&self, segment: &str) -> Result<()> {
        sqlx::query("DELETE FROM journal WHERE segment = ?")
            .bind(segment)
            .execute(&self.writer)
            .await
            .context("cannot forget a file of the journal")?;
        Ok(())
    }

    /// Returns how many predictions a shadow variant has made for a target.
    #[cfg(test)]
    pub(crate) async fn shadow_count(&self, target: &str, variant: &str) -> Result<i64> {
        let count = sqlx::query_scalar("SELECT count(*) FROM shadow_prediction WHERE target = ? AND variant = ?");
        Ok(count.bind(target).bind(variant).fetch_one(&self.readers).await?)
    }
}

static SHADOWS: LazyLock<Insert> = LazyLock::new(|| {
    Insert::new("shadow_prediction (prediction_id, variant, lead_id, target, model_id, as_of, score)", 7, "")
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
