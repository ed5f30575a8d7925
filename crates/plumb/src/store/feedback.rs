//! Feedback on predictions: it comes from the journal, as predictions do.

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use plumb_lead::{Complaint, Feedback, Prediction};
use plumb_learn::looks::Frequency;
use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, Sqlite, Transaction};

use super::database::Store;
use super::prediction_row;
use super::timestamps::{from_micros, to_micros};

/// Feedback as it is recorded: its lead is named, as its prediction may be known to another server only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RecordedFlag {
    /// The lead of the prediction.
    pub(crate) lead_id: String,
    /// The feedback.
    #[serde(flatten)]
    pub(crate) feedback: Feedback,
}

/// Stores feedback in a transaction that has begun. What is there already is left as it is.
pub(super) async fn append(
    transaction: &mut Transaction<'static, Sqlite>,
    flags: impl Iterator<Item = &RecordedFlag>,
) -> Result<()> {
    for RecordedFlag { lead_id, feedback } in flags {
        sqlx::query(
            "INSERT INTO feedback (feedback_id, prediction_id, lead_id, complaint, comment, said_by, said_at)
             VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (feedback_id) DO NOTHING",
        )
        .bind(&feedback.feedback_id)
        .bind(&feedback.prediction_id)
        .bind(lead_id)
        .bind(feedback.complaint.word())
        .bind(&feedback.comment)
        .bind(&feedback.said_by)
        .bind(to_micros(feedback.said_at))
        .execute(&mut **transaction)
        .await
        .context("cannot store feedback")?;
    }
    Ok(())
}

impl Store {
    /// Returns all feedback up to a point in time, oldest first, each with its prediction.
    pub(crate) async fn feedback_all(&self, until: DateTime<Utc>) -> Result<Vec<(Feedback, Prediction)>> {
        let rows = sqlx::query(
            "SELECT p.*, f.feedback_id, f.complaint, f.comment, f.said_by, f.said_at
             FROM feedback f JOIN prediction p USING (prediction_id)
             WHERE f.said_at <= ? ORDER BY f.said_at, f.feedback_id",
        )
        .bind(to_micros(until))
        .fetch_all(&self.readers)
        .await
        .context("cannot read feedback")?;
        rows.iter().map(read).collect()
    }

    /// Returns how many leads a model has scored for a target as of a time in `[from, to)`, and how many of these scores reps
    /// have flagged as too low or too high.
    pub(crate) async fn flagged_leads(
        &self,
        target: &str,
        model_id: &str,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<Frequency> {
        let query =
            "SELECT count(DISTINCT p.lead_id), count(DISTINCT CASE WHEN f.complaint IN (?, ?) THEN p.lead_id END)
             FROM prediction p LEFT JOIN feedback f USING (prediction_id)
             WHERE p.target = ? AND p.model_id = ? AND p.as_of >= ? AND p.as_of < ?";
        let (cases, happened): (i64, i64) = sqlx::query_as(query)
            .bind(Complaint::TooLow.word())
            .bind(Complaint::TooHigh.word())
            .bind(target)
            .bind(model_id)
            .bind(to_micros(from))
            .bind(to_micros(to))
            .fetch_one(&self.readers)
            .await
            .context("cannot count the flags on a model's scores")?;
        Ok(Frequency { happened: usize::try_from(happened)?, cases: usize::try_from(cases)? })
    }
}

/// Returns feedback with its prediction.
pub(super) fn read(row: &SqliteRow) -> Result<(Feedback, Prediction)> {
    let prediction = prediction_row::read(row)?;
    let feedback = Feedback {
        feedback_id: row.try_get("feedback_id")?,
        prediction_id: prediction.prediction_id.clone(),
        complaint: row.try_get::<String, _>("complaint")?.parse()?,
        comment: row.try_get("comment")?,
        said_by: row.try_get("said_by")?,
        said_at: from_micros(row.try_get("said_at")?)?,
    };
    Ok((feedback, prediction))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{empty, hour_of_new_year, prediction};
    use super::*;

    fn feedback(id: &str, prediction_id: &str, hour: u32) -> Feedback {
        Feedback {
            feedback_id: id.into(),
            prediction_id: prediction_id.into(),
            complaint: Complaint::TooLow,
            comment: "they called us".into(),
            said_by: "rep 17".into(),
            said_at: hour_of_new_year(hour),
        }
    }

    #[tokio::test]
    async fn feedback_comes_with_its_prediction_which_may_be_loaded_later() {
        let (store, _folder) = empty().await;
        let scored = prediction("p1", "ada", 1, 0.2);
        let both = [feedback("f1", "p1", 2), feedback("f2", "p1", 3)];
        let flags = both.clone().map(|feedback| RecordedFlag { lead_id: "ada".into(), feedback });
        for _again in 0..2 {
            let mut transaction = store.write().await.expect("nobody else writes");
            append(&mut transaction, flags.iter()).await.expect("its prediction is not needed");
            transaction.commit().await.expect("committed");
        }
        assert_eq!(store.feedback_all(hour_of_new_year(3)).await.expect("read"), []);
        store.insert_predictions(std::slice::from_ref(&scored)).await.expect("new");
        let [first, second] = both.map(|feedback| (feedback, scored.clone()));
        assert_eq!(store.feedback_all(hour_of_new_year(2)).await.expect("read"), std::slice::from_ref(&first));
        let page = async |before, limit| {
            let page = store.feedback_of_lead("ada", before, limit).await.expect("read");
            page.into_iter().map(|(order, feedback, prediction)| (order, (feedback, prediction))).unzip()
        };
        let flagged = async |model: &str, hour| {
            let (from, to) = (hour_of_new_year(0), hour_of_new_year(hour));
            store.flagged_leads("converted", model, from, to).await.expect("read")
        };
        let of_model = scored.model_id.as_str();
        assert_eq!(
            flagged(of_model, 2).await,
            Frequency { happened: 1, cases: 1 },
            "a lead, however often it is flagged"
        );
        assert_eq!(flagged(of_model, 1).await, Frequency::default(), "it was scored later");
        assert_eq!(flagged("another", 2).await, Frequency::default());
        let (orders, newest): (Vec<_>, Vec<_>) = page(None, 1).await;
        assert_eq!(newest, [second]);
        let (_, older): (Vec<_>, Vec<_>) = page(orders.last().copied(), 5).await;
        assert_eq!(older, [first]);
    }
}
