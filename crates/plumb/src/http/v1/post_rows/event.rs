//! `POST /v1/events`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
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
use crate::posted::{EventRow, RowToPost};

/// An event, with attributes as the sources call them.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is used: rows are read one by one")]
pub(super) struct PostedEvent {
    /// The caller's id of the event. What is posted once more under an id counts once, or corrects it.
    event_id: String,
    /// A key of its lead, as `sources/*.sql` make them.
    lead_key: String,
    /// What happened.
    kind: String,
    /// When it happened; now by default, and at most five minutes ahead.
    #[schema(nullable = false)]
    at: Option<DateTime<Utc>>,
    /// All other attributes.
    #[serde(flatten)]
    attributes: BTreeMap<String, PlainValue>,
}

/// A list of events.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) struct PostedEvents {
    events: Vec<PostedEvent>,
}

/// One event, a list of events, or an object with a list.
#[derive(ToSchema)]
#[schema(as = PostEventsRequest)]
#[expect(dead_code, reason = "only its schema is used")]
#[serde(untagged)]
pub(super) enum PostEventsRequest {
    One(PostedEvent),
    List(Vec<PostedEvent>),
    Batch(PostedEvents),
}

/// Post events as they happen
///
/// An event is on the disk before the answer, and in the next score of its lead. The next ingestion reads it as those of any
/// source. Each event has a result of its own; with 207 some are rejected.
#[utoipa::path(
    post, path = "/v1/events", operation_id = "postEvents",
    request_body(content = PostEventsRequest, example = json!({
        "event_id": "7d1f", "lead_key": "crm:17", "kind": "reply", "at": "2026-11-23T14:00:00Z", "channel": "email",
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
    post_body(&app, &body, PostedRelation::Event, |_, row, now| event(row, now)).await
}

fn event(row: Value, now: DateTime<Utc>) -> ReadRow {
    read_row(row, "event_id", |mut fields, event_id| {
        let (lead_key, kind) = (fields.text("lead_key")?, fields.text("kind")?);
        let at = fields.time("at", now)?.unwrap_or(now);
        let (fields, others) = (fields.rest()?, BTreeMap::new());
        Ok(RowToPost::Event(EventRow { event_id, lead_key, kind, at, fields, others }))
    })
}
