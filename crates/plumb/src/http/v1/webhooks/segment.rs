//! `POST /v1/webhooks/segment`: calls of Segment's webhook destination, and of RudderStack's.
//!
//! `track`, `page` and `screen` are events, `identify` gives fields to a lead. All other calls are passed over.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use plumb_lead::FieldValue;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::message::{key, renamed, text_at, time_of};
use super::{Messages, ReadRow, signatures, store};
use crate::http::app::App;
use crate::http::error::Error;
use crate::http::json;
use crate::http::middleware::body::Body;
use crate::http::v1::errors::{Busy, Failed, Refused, TooLarge};
use crate::http::v1::post_rows::{PostResponse, check_time};
use crate::posted::{EventRow, LeadRow, Refusal, RowToPost, flattened};
use crate::project::Webhook;

/// A call of Segment's or RudderStack's: `track`, `identify`, `page`, `screen`, or a `batch` of them.
#[derive(ToSchema)]
#[schema(as = SegmentMessage)]
#[expect(dead_code, reason = "only its schema is used: messages are read field by field")]
pub(super) struct SegmentMessage {
    /// The kind of the call.
    r#type: Option<String>,
    /// All other fields, as the sender's specification has them.
    #[serde(flatten)]
    others: BTreeMap<String, Value>,
}

/// Take calls of Segment or RudderStack
///
/// Signed by `X-Signature`, the body's HMAC-SHA1 with the secret of `[webhook.segment]`, or by that secret as the password or
/// token of `Authorization`.
#[utoipa::path(
    post, path = "/v1/webhooks/segment", operation_id = "segmentWebhook",
    security(()),
    request_body(content = SegmentMessage, example = json!({
        "type": "track", "messageId": "m1", "userId": "17", "event": "Signed Up", "timestamp": "2026-11-23T14:00:00Z",
        "properties": { "plan": "team" },
    })),
    responses(
        (status = 200, description = "What became of each call.", body = PostResponse),
        (status = 413, response = TooLarge),
        (status = "4XX", response = Refused),
        (status = 503, response = Busy),
        (status = "5XX", response = Failed),
    ),
)]
pub(in crate::http::v1) async fn post(State(app): State<Arc<App>>, body: Body) -> Result<Json<PostResponse>, Error> {
    let webhook = app.webhooks.segment.as_ref().ok_or_else(|| Error::no_webhook("segment"))?;
    if !signatures::is_of_segment(&webhook.secret, &body.headers, &body.bytes) {
        return Err(Error::webhook_signature(
            "the signature is missing or wrong",
            "send `X-Signature`, the body's HMAC-SHA1 with the secret of `[webhook.segment]`, or that secret as the password \
             or bearer token of `Authorization`; Segment signs only the first call of a batch, so turn its batching off",
        ));
    }
    json::check_content_type(&body.headers)?;
    let calls = calls(json::parse(&body.bytes)?);
    if calls.len() > app.services.limits.events {
        return Err(Error::too_many("calls", app.services.limits.events));
    }
    let (mut messages, now) = (Messages::default(), app.engine.now());
    for call in calls {
        match row(webhook, call, now) {
            Some(row) => messages.rows.push(row),
            None => messages.ignored += 1,
        }
    }
    Ok(Json(store(&app, "segment", messages).await?))
}

/// Returns the calls of a body: itself, a list, or its batch.
fn calls(body: Value) -> Vec<Value> {
    match body {
        Value::Array(calls) => calls,
        Value::Object(mut body) => match body.remove("batch") {
            Some(Value::Array(calls)) => calls,
            _ => vec![Value::Object(body)],
        },
        other => vec![other],
    }
}

/// Returns the row that a call becomes; `None` if it is about something else.
fn row(webhook: &Webhook, call: Value, now: DateTime<Utc>) -> Option<ReadRow> {
    let Value::Object(call) = call else {
        return Some(Err((None, Refusal::new("", "is no call: expected an object"))));
    };
    let id = text_at(&call, "messageId");
    let refused = |refusal| (id.clone(), refusal);
    let row = match call.get("type").and_then(Value::as_str).unwrap_or_default() {
        "track" => event(webhook, &call, None, now).map_err(refused),
        "page" => event(webhook, &call, Some("page"), now).map_err(refused),
        "screen" => event(webhook, &call, Some("screen"), now).map_err(refused),
        "identify" => identify(webhook, &call, now).map_err(refused),
        _ => return None,
    };
    Some(row)
}

fn event(
    webhook: &Webhook,
    call: &Map<String, Value>,
    kind: Option<&str>,
    now: DateTime<Utc>,
) -> Result<RowToPost, Refusal> {
    let event_id = message_id(call)?;
    let name = match kind {
        Some(kind) => kind.to_owned(),
        None => text_at(call, "event").ok_or_else(|| Refusal::new("event", "is missing: expected the event's name"))?,
    };
    let (lead_key, at) = (key(&webhook.lead_key, call)?, check_time("timestamp", time(call, now), now)?);
    let (mut fields, others) = flattened(object(call, "properties"));
    if kind.is_some() {
        fields.extend(text_at(call, "name").map(|name| ("name".to_owned(), FieldValue::Text(name))));
    }
    let kind = webhook.kinds.get(&name).cloned().unwrap_or(name);
    let fields = renamed(fields, &webhook.fields);
    Ok(RowToPost::Event(EventRow { event_id, lead_key, kind, at, fields, others }))
}

fn identify(webhook: &Webhook, call: &Map<String, Value>, now: DateTime<Utc>) -> Result<RowToPost, Refusal> {
    let (row_id, lead_key) = (message_id(call)?, key(&webhook.lead_key, call)?);
    let mut traits = object(call, "traits");
    let said_at = check_time("timestamp", time(call, now), now)?;
    let named =
        ["createdAt", "created_at"].into_iter().find_map(|name| time_of(traits.get(name)).map(|time| (name, time)));
    let created_at = match named {
        Some((name, time)) => {
            traits.remove(name);
            Some(check_time(name, time, now)?)
        }
        None => webhook.creates_leads.then_some(said_at),
    };
    let (fields, others) = flattened(traits);
    let (said_at, fields) = (Some(said_at), renamed(fields, &webhook.fields));
    Ok(RowToPost::Lead(LeadRow { row_id, lead_key, created_at, said_at, presence: None, fields, others }))
}

fn message_id(call: &Map<String, Value>) -> Result<String, Refusal> {
    let id = text_at(call, "messageId").filter(|id| id.len() <= 256);
    let id = id.ok_or_else(|| {
        Refusal::new("messageId", "is missing or too long: a call without one cannot be told from its repetition")
    })?;
    Ok(format!("segment:{id}"))
}

/// Returns when a call was made, by the clock of the sender's servers if it says so.
fn time(call: &Map<String, Value>, now: DateTime<Utc>) -> DateTime<Utc> {
    let names = ["timestamp", "originalTimestamp", "sentAt", "receivedAt"];
    names.into_iter().find_map(|name| time_of(call.get(name))).unwrap_or(now)
}

fn object(call: &Map<String, Value>, name: &str) -> Map<String, Value> {
    call.get(name).and_then(Value::as_object).cloned().unwrap_or_default()
}
