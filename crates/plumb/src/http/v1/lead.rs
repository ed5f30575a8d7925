//! `GET /v1/leads/{lead_id}`: the predictions of a lead, and the feedback on them, a part at a time.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use chrono::{DateTime, Utc};
use plumb_lead::{Feedback, Prediction};
use serde::Serialize;
use utoipa::ToSchema;

use super::errors::{Failed, Refused};
use super::feedback::complaint_schema;
use super::leads::BriefResponse;
use super::page_query::PageQuery;
use super::prediction::PredictionResponse;
use crate::http::app::App;
use crate::http::cursor::{self, ListPart};
use crate::http::error::Error;
use crate::http::middleware::accept_language::{AcceptLanguage, content_language};
use crate::http::stale_sources::{self, StaleSourceResponse};
use crate::store::{LeadBrief, StoredOrder};

/// A lead's predictions and feedback.
#[derive(Serialize, ToSchema)]
pub(super) struct LeadHistory {
    /// The lead.
    lead_id: String,
    /// What is known of the lead.
    #[schema(required)]
    brief: Option<BriefResponse>,
    /// Its predictions, the one made last first.
    predictions: Vec<PredictionResponse>,
    /// The feedback on them, newest first.
    feedback: Vec<FeedbackResponse>,
    /// What `after` is for earlier predictions and feedback; null if there are none.
    #[schema(required)]
    next: Option<String>,
    /// Sources of which nothing new is known; absent if all were read by the last ingestion.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stale_sources: Vec<StaleSourceResponse>,
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

/// A part of what the store has of a lead.
struct LeadRecord {
    brief: Option<LeadBrief>,
    /// The one made last first, all targets.
    history: ListPart<(StoredOrder, Prediction), StoredOrder>,
    /// Newest first.
    feedback: ListPart<(StoredOrder, Feedback, Prediction), StoredOrder>,
}

/// Where a part of it begins.
type Place = (StoredOrder, StoredOrder);

/// Show the predictions and the feedback of one lead
#[utoipa::path(
    get, path = "/v1/leads/{lead_id}", operation_id = "getLead",
    params(("lead_id" = String, Path, description = "The lead's id."), PageQuery, AcceptLanguage),
    responses(
        (status = 200, description = "A part of its predictions and feedback, newest first.", body = LeadHistory,
         headers(("Content-Language" = String, description = "The languages of the reasons, as `de`; absent if the project does not name them."))),
        (status = "4XX", response = Refused),
        (status = "5XX", response = Failed),
    ),
)]
pub(super) async fn get(
    State(app): State<Arc<App>>,
    AcceptLanguage(preferred): AcceptLanguage,
    lead_id: Result<Path<String>, PathRejection>,
    query: Result<Query<PageQuery>, QueryRejection>,
) -> Result<(HeaderMap, Json<LeadHistory>), Error> {
    let (Path(lead_id), Query(query)) = (lead_id?, query?);
    let (limit, after) = query.read()?;
    let LeadRecord { brief, history, feedback } = LeadRecord::read(&app, &lead_id, limit, after).await?;
    let has_more = history.has_more || feedback.has_more;
    let next = has_more.then(|| cursor::write(&(history.end, feedback.end)));
    let history = history.items.into_iter().map(|(_, prediction)| prediction).collect();
    let history = app.engine.localize_stored(history, &preferred).await?;
    let headers = content_language(history.iter().filter_map(|stored| stored.language));
    let predictions = history.into_iter().map(PredictionResponse::from).collect();
    let feedback = feedback.items.into_iter().map(|(_, feedback, _)| FeedbackResponse::from(feedback)).collect();
    let brief = brief.map(BriefResponse::from);
    let stale_sources = stale_sources::responses(&app.engine.stale_sources().await);
    Ok((headers, Json(LeadHistory { lead_id, brief, predictions, feedback, next, stale_sources })))
}

impl LeadRecord {
    /// Reads it; a lead of which nothing is stored is an error.
    async fn read(app: &App, lead_id: &str, limit: usize, after: Option<Place>) -> Result<LeadRecord, Error> {
        app.engine.settle().await;
        let store = app.engine.store();
        let brief = store.lead_brief(lead_id).await?;
        let (history_before, feedback_before) = after.unwrap_or((StoredOrder::MAX, StoredOrder::MAX));
        let history = store.history_of_lead(lead_id, Some(history_before), limit + 1).await?;
        if brief.is_none() && history.is_empty() && after.is_none() {
            return Err(Error::unknown_lead(lead_id));
        }
        let feedback = store.feedback_of_lead(lead_id, Some(feedback_before), limit + 1).await?;
        let history = ListPart::new(history, limit, history_before, |(order, _)| *order);
        let feedback = ListPart::new(feedback, limit, feedback_before, |(order, ..)| *order);
        Ok(LeadRecord { brief, history, feedback })
    }
}

impl From<Feedback> for FeedbackResponse {
    fn from(feedback: Feedback) -> FeedbackResponse {
        let Feedback { feedback_id, prediction_id, complaint, comment, said_by, said_at } = feedback;
        let complaint = complaint.word();
        FeedbackResponse { feedback_id, prediction_id, complaint, note: comment, by: said_by, at: said_at }
    }
}
