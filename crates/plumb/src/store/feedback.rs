//! Feedback on predictions.

use anyhow::{Context, Result, bail};
use chrono::{DateTime, Utc};
use plumb_lead::{Feedback, Prediction};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::database::Store;
use super::prediction_row;
use super::timestamps::{from_micros, to_micros};

impl Store {
    /// Stores feedback on a prediction. An unknown prediction is an error.
    pub(crate) async fn insert_feedback(&self, feedback: &Feedback) -> Result<()> {
        if self.prediction(&feedback.prediction_id).await?.is_none() {
            bail!("there is no prediction `{}`: expected the id of one that was answered", feedback.prediction_id);
        }
        sqlx::query(
            "INSERT INTO feedback (feedback_id, prediction_id, complaint, comment, said_by, said_at)
             VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(&feedback.feedback_id)
        .bind(&feedback.prediction_id)
        .bind(feedback.complaint.word())
        .bind(&feedback.comment)
        .bind(&feedback.said_by)
        .bind(to_micros(feedback.said_at))
        .execute(&self.writer)
        .await
        .context("cannot store feedback")?;
        Ok(())
    }

    /// Returns the feedback on all predictions of a lead, newest first, each with its prediction.
    pub(crate) async fn feedback_of_lead(&self, lead_id: &str) -> Result<Vec<(Feedback, Prediction)>> {
        let rows = sqlx::query(
            "SELECT p.*, f.feedback_id, f.complaint, f.comment, f.said_by, f.said_at
             FROM feedback f JOIN prediction p USING (prediction_id)
             WHERE p.lead_id = ? ORDER BY f.said_at DESC, f.feedback_id DESC",
        )
        .bind(lead_id)
        .fetch_all(&self.readers)
        .await
        .context("cannot read feedback")?;
        rows.iter().map(read).collect()
    }

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
}

fn read(row: &SqliteRow) -> Result<(Feedback, Prediction)> {
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
    use plumb_lead::Complaint;

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
    async fn feedback_comes_with_its_prediction() {
        let (store, _folder) = empty().await;
        let scored = prediction("p1", "ada", 1, 0.2);
        store.insert_predictions(std::slice::from_ref(&scored)).await.expect("new");
        let both = [feedback("f1", "p1", 2), feedback("f2", "p1", 3)];
        for feedback in &both {
            store.insert_feedback(feedback).await.expect("the prediction is there");
        }
        let [first, second] = both.map(|feedback| (feedback, scored.clone()));
        assert_eq!(store.feedback_all(hour_of_new_year(2)).await.expect("read"), std::slice::from_ref(&first));
        assert_eq!(store.feedback_of_lead("ada").await.expect("read"), [second, first]);
    }

    #[tokio::test]
    async fn feedback_on_an_unknown_prediction_is_refused() {
        let (store, _folder) = empty().await;
        let error = store.insert_feedback(&feedback("f1", "p9", 2)).await.expect_err("there is no p9");
        assert!(error.to_string().contains("`p9`"), "{error}");
    }
}
