//! `POST /v1/webhooks/hubspot`: notices of changes of contacts.
//!
//! A change of a property and the creation of a contact give fields to a lead. A contact that is deleted, or that another one
//! takes over, is a lead that is gone; one that is restored is there again. What else happens to a contact is an event of that
//! kind. Notices of other objects are passed over.

use std::collections::{BTreeMap, BTreeSet};
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
use crate::posted::{EventRow, LeadRow, Presence, Refusal, RowToPost, flattened};
use crate::project::Webhook;

/// The object type of contacts in notices of any object.
const CONTACT_TYPE: &str = "0-1";

/// The most contacts that one merge takes over: HubSpot lets a contact take part in 250 merges.
const MERGED_MAX: usize = 1_000;

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
        match rows(webhook, notice, now) {
            Some(rows) => messages.rows.extend(rows),
            None => messages.ignored += 1,
        }
        if messages.rows.len() > app.services.limits.events {
            return Err(Error::too_many("contacts of notices", app.services.limits.events));
        }
    }
    Ok(Json(store(&app, "hubspot", messages).await?))
}

/// Returns the rows that a notice becomes; `None` if it is about something else, or about our own change.
fn rows(webhook: &Webhook, notice: Value, now: DateTime<Utc>) -> Option<Vec<ReadRow>> {
    let Value::Object(notice) = notice else {
        return Some(vec![Err((None, Refusal::new("", "is no notice: expected an object")))]);
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
    if change == "merge" {
        return Some(merges(webhook, notice, now));
    }
    let id = id_of(&notice, change);
    let read = read(webhook, notice, change, id.clone(), now);
    Some(vec![read.map_err(|refusal| (Some(id), refusal))])
}

/// Returns a row for each contact that another one has taken over.
fn merges(webhook: &Webhook, mut notice: Map<String, Value>, now: DateTime<Utc>) -> Vec<ReadRow> {
    // It may be long, and every row has its share of the notice.
    let merged = notice.remove("mergedObjectIds");
    let names = ["newObjectId", "primaryObjectId", "objectId"];
    let told: Vec<String> = names.iter().filter_map(|name| text_at(&notice, name)).collect();
    let refused = |field: &str, problem: &str| vec![Err((None, Refusal::new(field, problem)))];
    let Some(stays) = told.first() else {
        return refused("primaryObjectId", "is missing: expected the contact that stays");
    };
    let mut gone: BTreeSet<String> = told.iter().skip(1).cloned().collect();
    gone.extend(merged.as_ref().and_then(Value::as_array).into_iter().flatten().filter_map(id_text));
    gone.remove(stays);
    if gone.is_empty() {
        return refused(
            "mergedObjectIds",
            "has no contact beside the one that stays: expected those that were taken over",
        );
    }
    if gone.len() > MERGED_MAX {
        return refused("mergedObjectIds", &format!("has {} contacts: expected at most {MERGED_MAX}", gone.len()));
    }
    notice.insert("objectId".to_owned(), stays.as_str().into());
    let into = key(&webhook.lead_key, &notice);
    let row = |contact: String| {
        notice.insert("objectId".to_owned(), contact.into());
        let row_id = id_of(&notice, "merge");
        let read = || {
            let (lead_key, into) = (key(&webhook.lead_key, &notice)?, into.clone()?);
            let said_at = Some(occurred_at(&notice, now)?);
            let (presence, fields, others) = (Some(Presence::MergedInto(into)), BTreeMap::new(), BTreeMap::new());
            let row_id = row_id.clone();
            Ok(RowToPost::Lead(LeadRow { row_id, lead_key, created_at: None, said_at, presence, fields, others }))
        };
        read().map_err(|refusal| (Some(row_id.clone()), refusal))
    };
    gone.into_iter().map(row).collect()
}

/// Returns the id of a contact, which HubSpot writes as a number.
fn id_text(id: &Value) -> Option<String> {
    match id {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Returns when a change occurred.
fn occurred_at(notice: &Map<String, Value>, now: DateTime<Utc>) -> Result<DateTime<Utc>, Refusal> {
    let at = time_of(notice.get("occurredAt"));
    let at = at.ok_or_else(|| Refusal::new("occurredAt", "is missing: expected milliseconds"))?;
    check_time("occurredAt", at, now)
}

fn read(
    webhook: &Webhook,
    notice: Map<String, Value>,
    change: &str,
    row_id: String,
    now: DateTime<Utc>,
) -> Result<RowToPost, Refusal> {
    let lead_key = key(&webhook.lead_key, &notice)?;
    let at = occurred_at(&notice, now)?;
    let mut row = LeadRow {
        row_id,
        lead_key,
        created_at: None,
        said_at: Some(at),
        presence: None,
        fields: BTreeMap::new(),
        others: BTreeMap::new(),
    };
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
            row.fields = renamed(BTreeMap::from([(name, value)]), &webhook.fields);
        }
        "creation" => row.created_at = Some(at),
        "deletion" | "privacyDeletion" => {
            row.presence = Some(Presence::Deleted(at));
            row.others.insert("change".to_owned(), change.into());
        }
        "restore" => row.presence = Some(Presence::Restored(at)),
        change => {
            let name = format!("contact.{change}");
            let kind = webhook.kinds.get(&name).cloned().unwrap_or(name);
            let ((fields, others), LeadRow { row_id, lead_key, .. }) = (flattened(notice), row);
            return Ok(RowToPost::Event(EventRow { event_id: row_id, lead_key, kind, at, fields, others }));
        }
    }
    Ok(RowToPost::Lead(row))
}

/// Returns the id of a notice. `eventId` alone is not unique.
fn id_of(notice: &Map<String, Value>, change: &str) -> String {
    let part = |name: &str| text_at(notice, name).unwrap_or_default();
    let [event, subscription, occurred, object, property] =
        ["eventId", "subscriptionId", "occurredAt", "objectId", "propertyName"].map(part);
    format!("hubspot:{event}:{subscription}:{occurred}:{object}:{change}:{property}")
}
