//! `POST /v1/feedback`: `{"prediction_id", "complaint", "note"?, "by"?}`; a complaint is one of too_low, too_high,
//! wrong_data, not_a_lead.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use plumb_lead::{Complaint, Feedback};
use serde_json::{Value, json};

use super::App;
use super::error::Error;
use super::wire::Body;
use crate::ids::new_id;

/// The longest note, in characters: a page of text.
const NOTE_CHARS_MAX: usize = 2_000;

/// The longest name of a person, in characters.
const NAME_CHARS_MAX: usize = 200;

pub(super) async fn post(State(app): State<Arc<App>>, body: Body) -> Result<(StatusCode, Json<Value>), Error> {
    let mut fields = body.json()?;
    let prediction_id = fields.text_needed("prediction_id")?;
    let complaint = fields.text_needed("complaint")?;
    let (note, by) = (fields.text("note")?, fields.text("by")?);
    fields.no_more()?;
    let feedback = give(&app, prediction_id, &complaint, note.unwrap_or_default(), by.unwrap_or_default()).await?;
    let answer = json!({ "feedback_id": feedback.feedback_id, "prediction_id": feedback.prediction_id });
    Ok((StatusCode::CREATED, Json(answer)))
}

/// Checks and stores what someone says of a prediction.
pub(super) async fn give(
    app: &App,
    prediction_id: String,
    complaint: &str,
    note: String,
    by: String,
) -> Result<Feedback, Error> {
    let complaint: Complaint = complaint.parse().map_err(|_| {
        let words = Complaint::ALL.map(Complaint::word).join("`, `");
        Error::field("complaint", &format!("is `{complaint}`: expected one of `{words}`"))
    })?;
    for (field, text, chars_max) in [("note", &note, NOTE_CHARS_MAX), ("by", &by, NAME_CHARS_MAX)] {
        let chars = text.chars().count();
        if chars > chars_max {
            return Err(Error::field(field, &format!("has {chars} characters: expected at most {chars_max}")));
        }
    }
    // What was answered a moment ago may still be on its way into the database.
    app.journal.settle().await;
    if app.store.prediction(&prediction_id).await?.is_none() {
        return Err(Error::unknown_prediction(&prediction_id));
    }
    let said_by = match by.trim() {
        "" => "somebody".to_owned(),
        by => by.to_owned(),
    };
    let comment = note.trim().to_owned();
    let feedback = Feedback { feedback_id: new_id(), prediction_id, complaint, comment, said_by, said_at: app.now() };
    app.store.insert_feedback(&feedback).await?;
    Ok(feedback)
}
