//! What is loaded of the journal: its predictions, and how far each of its files is loaded, in one transaction.

use anyhow::{Context, Result};
use plumb_lead::Prediction;
use sqlx::{QueryBuilder, Sqlite, Transaction};

use super::{ROWS_PER_INSERT, Store, predictions, stored, truth};
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
        let answered: Vec<Prediction> = answers.iter().flat_map(|record| record.predictions.iter().cloned()).collect();
        predictions::append(&mut transaction, &answered).await?;
        insert_shadows(&mut transaction, &shadows).await.context("cannot store what shadow variants said")?;
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

async fn insert_shadows(transaction: &mut Transaction<'static, Sqlite>, records: &[&Record]) -> Result<()> {
    let rows: Vec<(&str, &Prediction)> = records
        .iter()
        .flat_map(|record| record.predictions.iter().map(|prediction| (record.variant.as_str(), prediction)))
        .collect();
    for chunk in rows.chunks(ROWS_PER_INSERT) {
        let mut query = QueryBuilder::<Sqlite>::new(
            "INSERT INTO shadow_prediction (prediction_id, variant, lead_id, target, model_id, as_of, score) ",
        );
        query.push_values(chunk, |mut row, (variant, prediction)| {
            row.push_bind(&prediction.prediction_id)
                .push_bind(*variant)
                .push_bind(&prediction.lead_id)
                .push_bind(&prediction.target)
                .push_bind(&prediction.model_id)
                .push_bind(stored(prediction.as_of))
                .push_bind(prediction.score.get());
        });
        query.build().execute(&mut **transaction).await?;
    }
    Ok(())
}
