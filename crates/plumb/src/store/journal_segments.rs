//! What the journal's files bring into the database: their predictions and flags, and in the same transaction how far each
//! file is loaded.

use std::sync::LazyLock;

use anyhow::{Context, Result};
use sqlx::{Sqlite, Transaction};

use super::bulk_insert::{BulkInsert, Statement};
use super::database::Store;
use super::feedback::{self, RecordedFlag};
use super::prediction_row::PredictionRow;
use super::predictions;
use super::shadow_predictions;

/// The predictions of one call, as the journal has recorded them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RecordedCall {
    /// The serving variant that made them.
    pub(crate) variant: String,
    /// Whether it did so in the shadow: the caller got those of another.
    pub(crate) shadow: bool,
    /// The name by which ground truth may refer to the call later.
    pub(crate) event_id: Option<String>,
    /// The row of the call that the first prediction is of.
    pub(crate) first_row: usize,
    /// A prediction for each row of the call, or of a part of it.
    pub(crate) rows: Vec<PredictionRow>,
}

impl Store {
    /// Returns how many bytes of a segment are loaded.
    pub(crate) async fn journal_loaded_bytes(&self, segment: &str) -> Result<u64> {
        let bytes: Option<i64> = sqlx::query_scalar("SELECT loaded_bytes FROM journal_segment WHERE segment = ?")
            .bind(segment)
            .fetch_optional(&self.readers)
            .await
            .context("cannot read how far the journal is loaded")?;
        Ok(u64::try_from(bytes.unwrap_or(0))?)
    }

    /// Loads calls and flags, which end at this byte of their segment; all of it or nothing.
    pub(crate) async fn load_journal(
        &self,
        segment: &str,
        bytes: u64,
        calls: &[&RecordedCall],
        flags: &[&RecordedFlag],
    ) -> Result<()> {
        let mut transaction = self.write().await?;
        let (shadow, answered): (Vec<&RecordedCall>, Vec<&RecordedCall>) = calls.iter().partition(|call| call.shadow);
        predictions::append(&mut transaction, answered.iter().flat_map(|call| &call.rows)).await?;
        let shadow: Vec<(&str, &PredictionRow)> =
            shadow.iter().flat_map(|call| call.rows.iter().map(|row| (call.variant.as_str(), row))).collect();
        shadow_predictions::append(&mut transaction, &shadow).await?;
        insert_events(&mut transaction, calls).await.context("cannot store the event ids of predictions")?;
        feedback::append(&mut transaction, flags.iter().copied()).await?;
        sqlx::query(
            "INSERT INTO journal_segment (segment, loaded_bytes) VALUES (?, ?)
             ON CONFLICT (segment) DO UPDATE SET loaded_bytes = excluded.loaded_bytes",
        )
        .bind(segment)
        .bind(i64::try_from(bytes)?)
        .execute(&mut *transaction)
        .await
        .context("cannot record how far the journal is loaded")?;
        transaction.commit().await.context("cannot commit a part of the journal")
    }

    /// Forces to the disk how far a segment is loaded, and with it all that was loaded before. A server that was killed may
    /// have left that in the system's memory alone, where it looks the same.
    pub(crate) async fn force_journal_segment(&self, segment: &str) -> Result<()> {
        let mut transaction = self.write().await?;
        // There and back: SQLite writes and forces nothing for a value that stays.
        for change in [1_i64, -1] {
            sqlx::query("UPDATE journal_segment SET loaded_bytes = loaded_bytes + ? WHERE segment = ?")
                .bind(change)
                .bind(segment)
                .execute(&mut *transaction)
                .await
                .context("cannot record how far the journal is loaded")?;
        }
        transaction.commit().await.context("cannot force how far the journal is loaded")
    }

    /// Forgets a segment whose file is gone.
    pub(crate) async fn delete_journal_segment(&self, segment: &str) -> Result<()> {
        let mut transaction = self.write().await?;
        let delete = sqlx::query("DELETE FROM journal_segment WHERE segment = ?").bind(segment);
        delete.execute(&mut *transaction).await.context("cannot forget a file of the journal")?;
        transaction.commit().await.context("cannot commit that a file of the journal is gone")
    }

    /// Returns the segments of which something is loaded.
    pub(crate) async fn journal_segments(&self) -> Result<Vec<String>> {
        sqlx::query_scalar("SELECT segment FROM journal_segment ORDER BY segment")
            .fetch_all(&self.readers)
            .await
            .context("cannot read which files of the journal are loaded")
    }
}

static EVENTS: LazyLock<BulkInsert> =
    LazyLock::new(|| BulkInsert::new("event_prediction (prediction_id, event_id, row, variant)", 4, ""));

/// Stores which predictions belong to which event ids.
async fn insert_events(transaction: &mut Transaction<'static, Sqlite>, calls: &[&RecordedCall]) -> Result<()> {
    let named = calls.iter().filter_map(|call| Some((call.event_id.as_deref()?, *call)));
    let rows: Vec<(&str, &RecordedCall, usize)> =
        named.flat_map(|(event, call)| (0..call.rows.len()).map(move |row| (event, call, row))).collect();
    let bind = |statement: Statement, (event, call, row): &(&str, &RecordedCall, usize)| {
        statement
            .bind(call.rows[*row].prediction_id.clone())
            .bind((*event).to_owned())
            .bind((call.first_row + *row) as i64)
            .bind(call.variant.clone())
    };
    EVENTS.execute(transaction, &rows, bind).await?;
    Ok(())
}
