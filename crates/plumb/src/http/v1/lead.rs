//! `GET /v1/leads/{lead_id}`: the predictions of a lead, and the feedback on them.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use chrono::{DateTime, Utc};
use plumb_lead::{Feedback, Prediction};
use serde::Serialize;
use utoipa::ToSchema;

use super::errors::{Failed, Refused};
use super::feedback::complaint_schema;
use super::leads::BriefResponse;
use super::prediction::PredictionResponse;
use crate::http::app::App;
use crate::http::error::Error;
use crate::http::middleware::accept_language::{AcceptLanguage, content_language};
use crate::store::LeadBrief;

/// A lead's predictions and feedback.
#[derive(Serialize, ToSchema)]
pub(super) struct LeadHistory {
    /// The lead.
    lead_id: String,
    /// What is known of the lead.
    #[schema(required)]
    brief: Option<BriefResponse>,
    /// Its predictions, newest first.
    predictions: Vec<PredictionResponse>,
    /// The feedback on them, newest first.
    feedback: Vec<FeedbackResponse>,
}

/// A complaint about a prediction.
#[derive(Serialize, ToSchema)]
#[schema(as = Feedback)]
struct FeedbackResponse {
    /// Its id.
    feedback_id: String,
    /// The prediction that it is about.
    prediction_id: String,
    /// What is wrong.
    #[schema(schema_with = complaint_schema)]
    complaint: &'static str,
    /// More about it.
    note: String,
    /// Who complained.
    by: String,
    /// When.
    at: DateTime<Utc>,
}

/// All that the store has of a lead.
pub(in crate::http) struct LeadRecord {
    pub(in crate::http) brief: Option<LeadBrief>,
    /// Newest first, all targets.
    pub(in crate::http) history: Vec<Prediction>,
    /// Newest first.
    pub(in crate::http) feedback: Vec<(Feedback, Prediction)>,
}

/// Show the predictions and the feedback of one lead
#[utoipa::path(
    get, path = "/v1/leads/{lead_id}", operation_id = "getLead",
    params(("lead_id" = String, Path, description = "The lead's id."), AcceptLanguage),
    responses(
        (status = 200, description = "Its predictions and feedback, newest first.", body = LeadHistory,
         headers(("Content-Language" = String, description = "The languages of the reasons, as `de`; absent if the project does not name them."))),
        (status = "4XX", response = Refused),
        (status = "5XX", response = Failed),
    ),
)]
pub(super) async fn get(
    State(app): State<Arc<App>>,
    AcceptLanguage(preferred): AcceptLanguage,
    lead_id: Result<Path<String>, PathRejection>,
) -> Result<(HeaderMap, Json<LeadHistory>), Error> {
    let Path(lead_id) = lead_id?;
    let LeadRecord { brief, history, feedback } = LeadRecord::read(&app, &lead_id).await?;
    let history = app.engine.localize_stored(history, &preferred).await?;
    let headers = content_language(history.iter().filter_map(|stored| stored.language));
    let predictions = history.into_iter().map(PredictionResponse::from).collect();
    let feedback = feedback.into_iter().map(|(feedback, _)| FeedbackResponse::from(feedback)).collect();
    let brief = brief.map(BriefResponse::from);
    Ok((headers, Json(LeadHistory { lead_id, brief, predictions, feedback })))
}

impl LeadRecord {
    /// Reads it; a lead of which nothing is stored is an error.
    pub(in crate::http) async fn read(app: &App, lead_id: &str) -> Result<LeadRecord, Error> {
        app.engine.settle().await;
        let store = app.engine.store();
        let record = LeadRecord {
            brief: store.lead_brief(lead_id).await?,
            history: store.history_of_lead(lead_id).await?,
            feedback: store.feedback_of_lead(lead_id).await?,
        };
        if record.brief.is_none() && record.history.is_empty() {
            return Err(Error::unknown_lead(lead_id));
        }
        Ok(record)
    }
}

impl From<Feedback> for FeedbackResponse {
    fn from(feedback: Feedback) -> FeedbackResponse {
        let Feedback { feedback_id, prediction_id, complaint, comment, said_by, said_at } = feedback;
        let complaint = complaint.word();
        FeedbackResponse { feedback_id, prediction_id, complaint, note: comment, by: said_by, at: said_at }
    }
}
