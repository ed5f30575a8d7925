//! Predictions: an append-only log, and beside it the newest one of each lead, for the ranked list.

use std::sync::LazyLock;

use anyhow::{Context, Result};
use plumb_lead::Prediction;
use sqlx::{QueryBuilder, Sqlite, Transaction};

use super::bulk_insert::{BulkInsert, Statement};
use super::database::Store;
use super::prediction_row::{COLUMNS, PredictionRow, read};

impl Store {
    /// Appends predictions, all of them or none. An id that is there already is an error.
    #[cfg(test)]
    pub(crate) async fn insert_predictions(&self, predictions: &[Prediction]) -> Result<()> {
        let mut batch = self.begin_prediction_batch().await?;
        batch.append(predictions).await?;
        batch.commit().await
    }

    /// Begins to append predictions, block after block. Others see them once the batch is committed.
    pub(crate) async fn begin_prediction_batch(&self) -> Result<PredictionBatch> {
        Ok(PredictionBatch { transaction: self.write().await? })
    }

    /// Returns the prediction of an id.
    pub(crate) async fn prediction(&self, prediction_id: &str) -> Result<Option<Prediction>> {
        let mut query = select("FROM prediction p WHERE p.prediction_id = ");
        query.push_bind(prediction_id);
        Ok(self.predictions_by(query).await?.pop())
    }

    /// Returns the predictions of a target that were made last, newest first.
    pub(crate) async fn newest_predictions(&self, target: &str, limit: usize) -> Result<Vec<Prediction>> {
        let mut query = select("FROM prediction p WHERE p.target = ");
        // An id begins with the time at which it was made.
        query.push_bind(target).push(" ORDER BY p.prediction_id DESC LIMIT ").push_bind(i64::try_from(limit)?);
        self.predictions_by(query).await
    }

    /// Returns all predictions of a lead, for all targets, newest `as_of` first.
    pub(crate) async fn history_of_lead(&self, lead_id: &str) -> Result<Vec<Prediction>> {
        let mut query = select("FROM prediction p WHERE p.lead_id = ");
        query.push_bind(lead_id).push(" ORDER BY p.as_of DESC, p.prediction_id DESC");
        self.predictions_by(query).await
    }

    /// Returns the predictions that a query finds, which [`select`] has begun.
    pub(super) async fn predictions_by(&self, mut query: QueryBuilder<Sqlite>) -> Result<Vec<Prediction>> {
        let rows = query.build().fetch_all(&self.readers).await.context("cannot read predictions")?;
        rows.iter().map(|row| read(row).context("a stored prediction is unreadable")).collect()
    }
}

/// Predictions that are being appended: all of them or, if this is dropped, none.
pub(crate) struct PredictionBatch {
    transaction: Transaction<'static, Sqlite>,
}

impl PredictionBatch {
    /// Appends some more.
    pub(crate) async fn append(&mut self, predictions: &[Prediction]) -> Result<()> {
        let rows = predictions.iter().map(PredictionRow::of).collect::<Result<Vec<_>>>();
        let rows = rows.context("predictions cannot be written as JSON")?;
        append(&mut self.transaction, rows.iter()).await
    }

    /// Commits the batch.
    pub(crate) async fn commit(self) -> Result<()> {
        self.transaction.commit().await.context("cannot commit predictions")
    }
}

/// Begins a query of predictions, which are called `p` in the rest of it.
pub(super) fn select(rest: &'static str) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new("SELECT ");
    query.push(COLUMNS).push(" ").push(rest);
    query
}

/// Appends predictions in a transaction that has begun.
pub(super) async fn append(
    transaction: &mut Transaction<'static, Sqlite>,
    predictions: impl Iterator<Item = &PredictionRow> + Clone,
) -> Result<()> {
    let all: Vec<&PredictionRow> = predictions.collect();
    INSERT.execute(transaction, &all, bind).await.context("cannot store predictions")?;
    let named: Vec<&PredictionRow> = all.into_iter().filter(|row| !row.is_nameless()).collect();
    LATEST.execute(transaction, &named, bind_latest).await.context("cannot store the latest predictions")
}

static INSERT: LazyLock<BulkInsert> = LazyLock::new(|| {
    let into = "prediction \
         (prediction_id, lead_id, target, model_id, as_of, score, band, reasons_json, provenance_json, low, high)";
    BulkInsert::new(into, 11, "")
});

fn bind(statement: Statement, row: &&PredictionRow) -> Statement {
    statement
        .bind(row.prediction_id.clone())
        .bind(row.lead_id.clone())
        .bind(row.target.clone())
        .bind(row.model_id.clone())
        .bind(row.as_of)
        .bind(row.score)
        .bind(row.band.letter())
        .bind(row.reasons_json.clone())
        .bind(row.provenance_json.clone())
        .bind(row.interval.map(|interval| interval.low))
        .bind(row.interval.map(|interval| interval.high))
}

/// Keeps `latest_prediction` true. A prediction of an earlier `as_of` does not replace the one there; of two with the
/// same `as_of`, the later-made one wins (its id, a UUID of version 7, is larger). Of a row without a lead's id there is
/// only one prediction, which is found in the log.
static LATEST: LazyLock<BulkInsert> = LazyLock::new(|| {
    let replace = " ON CONFLICT (target, lead_id) DO UPDATE SET prediction_id = excluded.prediction_id, \
         as_of = excluded.as_of, score = excluded.score, band = excluded.band WHERE \
         (excluded.as_of, excluded.prediction_id) > (latest_prediction.as_of, latest_prediction.prediction_id)";
    BulkInsert::new("latest_prediction (target, lead_id, prediction_id, as_of, score, band)", 6, replace)
});

fn bind_latest(statement: Statement, row: &&PredictionRow) -> Statement {
    statement
        .bind(row.target.clone())
        .bind(row.lead_id.clone())
        .bind(row.prediction_id.clone())
        .bind(row.as_of)
        .bind(row.score)
        .bind(row.band.letter())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{empty, prediction};
    use super::*;

    #[tokio::test]
    async fn a_batch_is_stored_as_a_whole_or_not_at_all() {
        let (store, _folder) = empty().await;
        let mut batch: Vec<Prediction> =
            (0..1200).map(|row| prediction(&format!("p{row:04}"), &format!("lead {row}"), 1, 0.5)).collect();
        store.insert_predictions(&batch).await.expect("more rows than one INSERT takes");
        assert_eq!(store.band_counts("converted").await.expect("read").total(), 1200);

        batch.truncate(1);
        batch.insert(0, prediction("new", "new", 1, 0.5));
        let error = store.insert_predictions(&batch).await.expect_err("p0000 is there already");
        assert!(format!("{error:#}").contains("prediction_id"), "{error:#}");
        assert_eq!(store.prediction("new").await.expect("read"), None);
    }
}
