//! Predictions: an append-only log, and beside it the one of each lead that was stored last, for the ranked list.

use std::sync::LazyLock;

use anyhow::{Context, Result};
use plumb_lead::Prediction;
use sqlx::sqlite::SqlitePool;
use sqlx::{QueryBuilder, Sqlite, Transaction};

use super::bulk_insert::{BulkInsert, Statement};
use super::database::Store;
use super::prediction_row::{COLUMNS, PredictionRow, read};

impl Store {
    /// Appends predictions, all of them or none. An id that is there already is an error.
    #[cfg(test)]
    pub(crate) async fn insert_predictions(&self, predictions: &[Prediction]) -> Result<()> {
        let mut transaction = self.write().await?;
        append(&mut transaction, rows_of(predictions)?.iter()).await?;
        transaction.commit().await.context("cannot commit predictions")
    }

    /// Returns the prediction of an id.
    pub(crate) async fn prediction(&self, prediction_id: &str) -> Result<Option<Prediction>> {
        let mut query = select("FROM prediction p WHERE p.prediction_id = ");
        query.push_bind(prediction_id);
        Ok(predictions_by(query, &self.readers).await?.pop())
    }

    /// Returns the predictions of a target that were stored last, the last one first. (Not those of the largest ids: an id
    /// begins with a time, and a clock may have been ahead.)
    pub(crate) async fn newest_predictions(&self, target: &str, limit: usize) -> Result<Vec<Prediction>> {
        let mut query = select("FROM prediction p WHERE p.target = ");
        query.push_bind(target).push(" ORDER BY p.rowid DESC LIMIT ").push_bind(i64::try_from(limit)?);
        predictions_by(query, &self.readers).await
    }
}

/// Returns predictions in the form in which they are stored.
pub(super) fn rows_of(predictions: &[Prediction]) -> Result<Vec<PredictionRow>> {
    let rows = predictions.iter().map(PredictionRow::of).collect::<Result<Vec<_>>>();
    rows.context("predictions cannot be written as JSON")
}

/// Returns the predictions that a query finds, which [`select`] has begun.
pub(super) async fn predictions_by(mut query: QueryBuilder<Sqlite>, pool: &SqlitePool) -> Result<Vec<Prediction>> {
    let rows = query.build().fetch_all(pool).await.context("cannot read predictions")?;
    rows.iter().map(|row| read(row).context("a stored prediction is unreadable")).collect()
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

/// Keeps `latest_prediction` true: what is stored last is the latest, whatever its `as_of` and its id, which callers and
/// clocks choose. Of a row without a lead's id there is only one prediction, which is found in the log. A lead that the
/// sources know is listed as one of theirs.
static LATEST: LazyLock<BulkInsert> = LazyLock::new(|| {
    let row = "(?, ?, ?, ?, ?, 2 - EXISTS (SELECT 1 FROM lead_brief b WHERE b.lead_id = ?))";
    let replace = " ON CONFLICT (target, lead_id) DO UPDATE SET \
         prediction_id = excluded.prediction_id, score = excluded.score, band = excluded.band";
    BulkInsert::of_row("latest_prediction (target, lead_id, prediction_id, score, band, list)", row, replace)
});

fn bind_latest(statement: Statement, row: &&PredictionRow) -> Statement {
    statement
        .bind(row.target.clone())
        .bind(row.lead_id.clone())
        .bind(row.prediction_id.clone())
        .bind(row.score)
        .bind(row.band.letter())
        .bind(row.lead_id.clone())
}
