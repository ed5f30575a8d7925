//! `POST /v1/feedback`: a complaint about a prediction.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use plumb_lead::{Complaint, Feedback};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::ObjectBuilder;
use utoipa::openapi::schema::{Object, Type};

use super::errors::{Busy, Failed, Refused, TooLarge};
use crate::http::app::App;
use crate::http::error::Error;
use crate::http::instances::Text;
use crate::http::json;
use crate::http::middleware::body::Body;
use crate::ids::new_id;

/// The longest note, in characters: a page of text.
const NOTE_CHARS_MAX: usize = 2_000;

/// The longest body: the longest note, if all its characters are escaped, and the rest. It is read by a thread that answers
/// others too.
const BODY_BYTES_MAX: usize = 64 << 10;

/// The longest name of a person, in characters.
const NAME_CHARS_MAX: usize = 200;

/// A complaint about a prediction.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FeedbackRequest {
    /// The prediction that it is about.
    #[schema(value_type = String)]
    prediction_id: Text,
    /// What is wrong.
    #[schema(schema_with = complaint_schema)]
    complaint: Complaint,
    /// More about it.
    #[schema(max_length = 2_000, nullable = false)]
    note: Option<String>,
    /// Who complains.
    #[schema(max_length = 200, nullable = false)]
    by: Option<String>,
}

/// The receipt of feedback.
#[derive(Serialize, ToSchema)]
pub(super) struct FeedbackReceipt {
    /// Its id.
    feedback_id: String,
    /// The prediction that it is about.
    prediction_id: String,
}

/// Returns the schema of a complaint.
pub(super) fn complaint_schema() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(Complaint::ALL.map(Complaint::word)))
        .description(Some("What is wrong."))
        .build()
}

/// Report that a score is wrong
#[utoipa::path(
    post, path = "/v1/feedback", operation_id = "giveFeedback",
    request_body(content = FeedbackRequest, example = json!({
        "prediction_id": "p1", "complaint": "too_high", "note": "they went quiet", "by": "rep 17",
    })),
    responses(
        (status = 201, description = "It is stored.", body = FeedbackReceipt),
        (status = 413, response = TooLarge),
        (status = "4XX", response = Refused),
        (status = 503, response = Busy),
        (status = "5XX", response = Failed),
    ),
)]
pub(super) async fn post(
    State(app): State<Arc<App>>,
    body: Body,
) -> Result<(StatusCode, Json<FeedbackReceipt>), Error> {
    if body.bytes.len() > BODY_BYTES_MAX {
        return Err(Error::too_large(BODY_BYTES_MAX));
    }
    let request: FeedbackRequest = json::read_body(&body.headers, &body.bytes)?;
    let FeedbackRequest { prediction_id: Text(prediction_id), complaint, note, by } = request;
    let (note, by) = (note.unwrap_or_default(), by.unwrap_or_default());
    let stored = store_feedback(&app, None, prediction_id, complaint, note, by).await?;
    let (Feedback { feedback_id, prediction_id, .. }, _) = stored;
    Ok((StatusCode::CREATED, Json(FeedbackReceipt { feedback_id, prediction_id })))
}

/// Checks and stores a complaint about a prediction, which has to be of a lead if one is named; returns the target that was
/// predicted, too.
pub(in crate::http) async fn store_feedback(
    app: &App,
    lead_id: Option<&str>,
    prediction_id: String,
    complaint: Complaint,
    note: String,
    by: String,
) -> Result<(Feedback, String), Error> {
    for (field, text, chars_max) in [("note", &note, NOTE_CHARS_MAX), ("by", &by, NAME_CHARS_MAX)] {
        let chars = text.chars().count();
        if chars > chars_max {
            return Err(Error::field(field, &format!("has {chars} characters: expected at most {chars_max}")));
        }
    }
    // It may still be on its way into the database, also by another server.
    let recorded = app.engine.recorded_prediction(&prediction_id).await?;
    let Some(prediction) = recorded.filter(|prediction| lead_id.is_none_or(|lead_id| prediction.lead_id == lead_id))
    else {
        return Err(Error::unknown_prediction(&prediction_id));
    };
    let said_by = match by.trim() {
        "" => "somebody".to_owned(),
        by => by.to_owned(),
    };
    let (comment, said_at) = (note.trim().to_owned(), app.engine.now());
    let feedback = Feedback { feedback_id: new_id(), prediction_id, complaint, comment, said_by, said_at };
    app.engine.record_flag(prediction.lead_id, feedback.clone()).await?;
    Ok((feedback, prediction.target))
}
