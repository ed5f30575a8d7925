//! `POST /v1/webhooks/hubspot`: notices of changes of contacts.
//!
//! A change of a property and the creation of a contact give fields to a lead. What else happens to a contact (a merge, a
//! deletion, …) is an event of that kind; what it means is for the project's SQL to say. Notices of other objects are passed
//! over.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{OriginalUri, State};
use axum::http::Method;
use chrono::{DateTime, Utc};
use plumb_lead::FieldValue;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::message::{key, renamed, text_at, time_of};
use super::signatures::HubspotRequest;
use super::{Messages, ReadRow, signatures, store};
use crate::http::app::App;
use crate::http::error::Error;
use crate::http::json;
use crate::http::middleware::body::Body;
use crate::http::v1::errors::{Busy, Failed, Refused, TooLarge};
use crate::http::v1::post_rows::{PostResponse, check_time};
use crate::posted::{EventRow, LeadRow, Refusal, RowToPost, flattened};
use crate::project::Webhook;

/// The object type of contacts in notices of any object.
const CONTACT_TYPE: &str = "0-1";

/// A notice of HubSpot.
#[derive(ToSchema)]
#[schema(as = HubspotNotice)]
#[expect(dead_code, reason = "only its schema is used: notices are read field by field")]
pub(super) struct HubspotNotice {
    /// What happened, as `contact.propertyChange`.
    #[serde(rename = "subscriptionType")]
    subscription_type: Option<String>,
    /// All other fields, as HubSpot has them.
    #[serde(flatten)]
    others: BTreeMap<String, Value>,
}

/// Take notices of HubSpot
///
/// Signed by `X-HubSpot-Signature-v3` and `X-HubSpot-Request-Timestamp`, with the secret of `[webhook.hubspot]` and the
/// `public_url` of plumb.toml.
#[utoipa::path(
    post, path = "/v1/webhooks/hubspot", operation_id = "hubspotWebhook",
    security(()),
    request_body(content = Vec<HubspotNotice>, example = json!([{
        "eventId": 1, "subscriptionId": 12345, "subscriptionType": "contact.propertyChange", "objectId": 123,
        "propertyName": "jobtitle", "propertyValue": "CTO", "changeSource": "CRM_UI", "occurredAt": 1_763_906_400_000_u64,
    }])),
    responses(
        (status = 200, description = "What became of each notice.", body = PostResponse),
        (status = 413, response = TooLarge),
        (status = "4XX", response = Refused),
        (status = 503, response = Busy),
        (status = "5XX", response = Failed),
    ),
)]
pub(in crate::http::v1) async fn post(
    State(app): State<Arc<App>>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    body: Body,
) -> Result<Json<PostResponse>, Error> {
    let webhook = app.webhooks.hubspot.as_ref().ok_or_else(|| Error::no_webhook("hubspot"))?;
    let path = uri.path_and_query().map_or("", |path| path.as_str());
    let uri = format!("{}{path}", app.webhooks.public_url.as_deref().unwrap_or_default());
    let request = HubspotRequest { method: method.as_str(), uri: &uri, body: &body.bytes };
    // The sender's clock counts, whatever time the project takes for now.
    if let Some(problem) = signatures::problem_of_hubspot(&webhook.secret, &body.headers, request, Utc::now()) {
        let hint = "HubSpot signs with the app's client secret, the `secret` of `[webhook.hubspot]`, and the address that it \
                    calls, which begins with the `public_url` of plumb.toml";
        return Err(Error::webhook_signature(problem, hint));
    }
    json::check_content_type(&body.headers)?;
    let notices = match json::parse(&body.bytes)? {
        Value::Array(notices) => notices,
        notice => vec![notice],
    };
    if notices.len() > app.services.limits.events {
        return Err(Error::too_many("notices", app.services.limits.events));
    }
    let (mut messages, now) = (Messages::default(), app.engine.now());
    for notice in notices {
        match row(webhook, notice, now) {
            Some(row) => messages.rows.push(row),
            None => messages.ignored += 1,
        }
    }
    Ok(Json(store(&app, "hubspot", messages).await?))
}

/// Returns the row that a notice becomes; `None` if it is about something else, or about our own change.
fn row(webhook: &Webhook, notice: Value, now: DateTime<Utc>) -> Option<ReadRow> {
    let Value::Object(mut notice) = notice else {
        return Some(Err((None, Refusal::new("", "is no notice: expected an object"))));
    };
    let is_own = |name: &str| text_at(&notice, name).is_some_and(|source| webhook.own_sources.contains(&source));
    if is_own("sourceId") || is_own("changeSource") {
        return None;
    }
    let subscription = text_at(&notice, "subscriptionType").unwrap_or_default();
    let (object, change) = subscription.split_once('.')?;
    let is_contact = object == "contact" || object == "object" && text_at(&notice, "objectTypeId")? == CONTACT_TYPE;
    if !is_contact {
        return None;
    }
    if !notice.contains_key("objectId") {
        // A merge is about the contact that stays.
        let stays = notice.get("newObjectId").or(notice.get("primaryObjectId")).cloned();
        notice.extend(stays.map(|id| ("objectId".to_owned(), id)));
    }
    let id = id_of(&notice, change);
    let read = read(webhook, notice, change, id.clone(), now);
    Some(read.map_err(|refusal| (Some(id), refusal)))
}

fn read(
    webhook: &Webhook,
    notice: Map<String, Value>,
    change: &str,
    row_id: String,
    now: DateTime<Utc>,
) -> Result<RowToPost, Refusal> {
    let lead_key = key(&webhook.lead_key, &notice)?;
    let at = time_of(notice.get("occurredAt"))
        .ok_or_else(|| Refusal::new("occurredAt", "is missing: expected milliseconds"))?;
    let at = check_time("occurredAt", at, now)?;
    let (said_at, others) = (Some(at), BTreeMap::new());
    match change {
        "propertyChange" => {
            let name = text_at(&notice, "propertyName").ok_or_else(|| Refusal::new("propertyName", "is missing"))?;
            let value = match notice.get("propertyValue") {
                Some(Value::String(text)) => FieldValue::Text(text.clone()),
                Some(Value::Number(number)) => FieldValue::Text(number.to_string()),
                Some(Value::Bool(flag)) => FieldValue::Flag(*flag),
                // HubSpot sends no value of a property that was emptied.
                _ => FieldValue::Text(String::new()),
            };
            let fields = renamed(BTreeMap::from([(name, value)]), &webhook.fields);
            Ok(RowToPost::Lead(LeadRow { row_id, lead_key, created_at: None, said_at, fields, others }))
        }
        "creation" => {
            let fields = BTreeMap::new();
            Ok(RowToPost::Lead(LeadRow { row_id, lead_key, created_at: Some(at), said_at, fields, others }))
        }
        change => {
            let name = format!("contact.{change}");
            let kind = webhook.kinds.get(&name).cloned().unwrap_or(name);
            let (fields, others) = flattened(notice);
            Ok(RowToPost::Event(EventRow { event_id: row_id, lead_key, kind, at, fields, others }))
        }
    }
}

/// Returns the id of a notice. `eventId` alone is not unique.
fn id_of(notice: &Map<String, Value>, change: &str) -> String {
    let part = |name: &str| text_at(notice, name).unwrap_or_default();
    let [event, subscription, occurred, object, property] =
        ["eventId", "subscriptionId", "occurredAt", "objectId", "propertyName"].map(part);
    format!("hubspot:{event}:{subscription}:{occurred}:{object}:{change}:{property}")
}
