//! `POST /v1/leads`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use chrono::{DateTime, Utc};
use plumb_lake::PostedRelation;
use serde_json::Value;
use utoipa::ToSchema;

use super::body::post_body;
use super::response::{PostResponse, ReadRow};
use super::row::read_row;
use crate::http::app::App;
use crate::http::error::Error;
use crate::http::instances::PlainValue;
use crate::http::middleware::body::Body;
use crate::http::v1::errors::{Busy, Failed, Refused, TooLarge};
use crate::posted::{LeadRow, Refusal, RowToPost};

/// A header with the caller's own id of a request: sent once more, its rows are duplicates, whatever came in between.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// Fields of a lead, as the sources call them.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is used: rows are read one by one")]
pub(super) struct PostedLead {
    /// A key of the lead, as `sources/*.sql` make them.
    lead_key: String,
    /// When the lead came in: needed once, of a lead that no source has.
    #[schema(nullable = false)]
    created_at: Option<DateTime<Utc>>,
    /// All other fields; one that is left out or null stays as it was.
    #[serde(flatten)]
    fields: BTreeMap<String, PlainValue>,
}

/// A list of leads.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) struct PostedLeads {
    leads: Vec<PostedLead>,
}

/// One lead, a list of leads, or an object with a list.
#[derive(ToSchema)]
#[schema(as = PostLeadsRequest)]
#[expect(dead_code, reason = "only its schema is used")]
#[serde(untagged)]
pub(super) enum PostLeadsRequest {
    One(PostedLead),
    List(Vec<PostedLead>),
    Batch(PostedLeads),
}

/// Post new leads, or fields of known ones
///
/// What is posted is on the disk before the answer, and in the lead's next score. A row that says the same of a lead as the
/// one before is a duplicate.
#[utoipa::path(
    post, path = "/v1/leads", operation_id = "postLeads",
    params(("Idempotency-Key" = Option<String>, Header, description = "The caller's own id of the request: its rows are stored once.")),
    request_body(content = PostLeadsRequest, example = json!({
        "lead_key": "crm:17", "created_at": "2026-11-23T14:00:00Z", "channel": "referral",
    })),
    responses(
        (status = 200, description = "All are stored.", body = PostResponse),
        (status = 207, description = "Some are rejected, the others are stored.", body = PostResponse),
        (status = 413, response = TooLarge),
        (status = "4XX", response = Refused),
        (status = 503, response = Busy),
        (status = "5XX", response = Failed),
    ),
)]
pub(in crate::http::v1) async fn post(
    State(app): State<Arc<App>>,
    body: Body,
) -> Result<(StatusCode, Json<PostResponse>), Error> {
    let request_id = request_id(&body.headers)?;
    let read = |place, row, now| {
        let row_id = request_id.as_ref().map(|id| format!("request:{id}:{place}"));
        lead(row, row_id, now)
    };
    post_body(&app, &body, PostedRelation::Lead, read).await
}

fn request_id(headers: &HeaderMap) -> Result<Option<String>, Error> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    match value.to_str() {
        Ok(text) if (1..=256).contains(&text.len()) => Ok(Some(text.to_owned())),
        _ => Err(Error::header(
            &axum::http::HeaderName::from_static(IDEMPOTENCY_KEY),
            "is no id: expected 1 to 256 letters, digits and signs",
        )),
    }
}

fn lead(row: Value, row_id: Option<String>, now: DateTime<Utc>) -> ReadRow {
    read_row(row, "lead_key", |mut fields, lead_key| {
        let created_at = fields.time("created_at", now)?;
        let (fields, others) = (fields.rest()?, BTreeMap::new());
        if created_at.is_none() && fields.is_empty() {
            return Err(Refusal::new("", "says nothing of the lead: expected `created_at` or a field"));
        }
        let row_id = row_id.unwrap_or_else(|| LeadRow::id_of_key(&lead_key));
        let (said_at, presence) = (None, None);
        Ok(RowToPost::Lead(LeadRow { row_id, lead_key, created_at, said_at, presence, fields, others }))
    })
}
