//! A posted row, as a line of a file: an object of JSON, whose fields and attributes stand in an object of their own.

use std::collections::BTreeMap;

use anyhow::Result;
use chrono::{DateTime, SecondsFormat, Utc};
use plumb_lead::{Event, FieldValue};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::presence::Presence;
use super::values::{field_value, json_value};

/// An event that is posted.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct EventRow {
    /// Its id: what is posted under one id is one event.
    pub(crate) event_id: String,
    /// A key of its lead.
    pub(crate) lead_key: String,
    pub(crate) kind: String,
    pub(crate) at: DateTime<Utc>,
    /// The attributes of the `event` relation.
    pub(crate) fields: BTreeMap<String, FieldValue>,
    /// What else came with it, as JSON.
    pub(crate) others: BTreeMap<String, serde_json::Value>,
}

/// Fields of a lead that are posted.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LeadRow {
    /// The id by which a row that is posted twice is recognised.
    pub(crate) row_id: String,
    /// A key of the lead.
    pub(crate) lead_key: String,
    /// When the lead came to be, where that is known.
    pub(crate) created_at: Option<DateTime<Utc>>,
    /// When its source changed the fields, if it says so: its notices may come in another order.
    pub(crate) said_at: Option<DateTime<Utc>>,
    /// Whether its record is there, if the row says so.
    pub(crate) presence: Option<Presence>,
    /// The fields of the `lead` relation.
    pub(crate) fields: BTreeMap<String, FieldValue>,
    /// What else came with it, as JSON.
    pub(crate) others: BTreeMap<String, serde_json::Value>,
}

/// A line of posted events.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct EventLine {
    pub(super) event_id: String,
    pub(super) lead_key: String,
    pub(super) kind: String,
    pub(super) at: String,
    #[serde(flatten)]
    pub(super) receipt: Receipt,
    #[serde(default)]
    pub(super) field: BTreeMap<String, serde_json::Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) others: Option<String>,
}

/// A line of posted fields of leads.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct LeadLine {
    pub(super) row_id: String,
    pub(super) lead_key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) created_at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) said_at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) deleted_at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) restored_at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) merged_into: Option<String>,
    #[serde(flatten)]
    pub(super) receipt: Receipt,
    #[serde(default)]
    pub(super) field: BTreeMap<String, serde_json::Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) others: Option<String>,
}

/// What the server adds to a row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Receipt {
    /// When it was received, which is when it was known.
    pub(super) received_at: String,
    /// The number of the row: microseconds since 1970, larger for each row of a server.
    pub(super) written: u64,
    /// The hash of what the caller sent.
    pub(super) content: String,
}

impl EventRow {
    /// Returns the hash of what the caller sent.
    pub(super) fn content(&self) -> u64 {
        let EventRow { lead_key, kind, at, fields, others, .. } = self;
        hash(&(lead_key, kind, at, json_of(fields), others))
    }

    /// Returns the line of the row, with its end.
    pub(super) fn line(&self, receipt: Receipt) -> Result<Vec<u8>> {
        let EventRow { event_id, lead_key, kind, at, fields, others } = self.clone();
        let (at, field, others) = (text_of(at), json_of(&fields), others_text(&others)?);
        line(&EventLine { event_id, lead_key, kind, at, receipt, field, others })
    }

    /// Returns the event of the ground that the row will be.
    pub(super) fn into_event(self, received_at: DateTime<Utc>) -> Event {
        let EventRow { event_id, kind, at, fields, .. } = self;
        Event { kind, at, known_at: received_at, posted_id: Some(event_id), attributes: fields }
    }
}

impl EventLine {
    /// Reads the row again, and when it was received.
    pub(super) fn into_row(self) -> Result<(EventRow, DateTime<Utc>)> {
        let EventLine { event_id, lead_key, kind, at, receipt, field, others } = self;
        let (fields, others) = (values_of(field), read_others(others)?);
        Ok((EventRow { event_id, lead_key, kind, at: time_of(&at)?, fields, others }, time_of(&receipt.received_at)?))
    }
}

impl LeadRow {
    /// Returns the id of a row whose sender gave it none: a row is compared with the last one of its lead.
    pub(crate) fn id_of_key(lead_key: &str) -> String {
        format!("lead:{lead_key}")
    }

    /// Returns an id as it is remembered.
    pub(super) fn hashed_id(row_id: &str) -> u64 {
        hash(&("lead", row_id))
    }

    /// Returns the hash of what the caller sent.
    pub(super) fn content(&self) -> u64 {
        let LeadRow { lead_key, created_at, said_at, presence, fields, others, .. } = self;
        let said = (lead_key, created_at, said_at, json_of(fields), others);
        // Rows that say nothing of it keep the hash that they had before there was such a thing.
        if presence.is_none() { hash(&said) } else { hash(&(said, presence)) }
    }

    /// Returns the line of the row, with its end.
    pub(super) fn line(&self, receipt: Receipt) -> Result<Vec<u8>> {
        let LeadRow { row_id, lead_key, created_at, said_at, presence, fields, others } = self.clone();
        let (created_at, said_at) = (created_at.map(text_of), said_at.map(text_of));
        let (deleted_at, restored_at, merged_into) = match presence {
            None => (None, None, None),
            Some(Presence::Deleted(at)) => (Some(text_of(at)), None, None),
            Some(Presence::Restored(at)) => (None, Some(text_of(at)), None),
            Some(Presence::MergedInto(key)) => (None, None, Some(key)),
        };
        let (field, others) = (json_of(&fields), others_text(&others)?);
        line(&LeadLine {
            row_id,
            lead_key,
            created_at,
            said_at,
            deleted_at,
            restored_at,
            merged_into,
            receipt,
            field,
            others,
        })
    }
}

impl LeadLine {
    /// Reads the row again, and when it was received.
    pub(super) fn into_row(self) -> Result<(LeadRow, DateTime<Utc>)> {
        let LeadLine { row_id, lead_key, receipt, field, .. } = self;
        let time = |text: Option<String>| text.map(|text| time_of(&text)).transpose();
        let (created_at, said_at) = (time(self.created_at)?, time(self.said_at)?);
        let (deleted, restored) = (time(self.deleted_at)?, time(self.restored_at)?);
        let presence = self.merged_into.map(Presence::MergedInto);
        let presence = presence.or(deleted.map(Presence::Deleted)).or(restored.map(Presence::Restored));
        let (fields, others) = (values_of(field), read_others(self.others)?);
        Ok((
            LeadRow { row_id, lead_key, created_at, said_at, presence, fields, others },
            time_of(&receipt.received_at)?,
        ))
    }
}

impl Receipt {
    pub(super) fn new(received_at: DateTime<Utc>, written: u64, content: u64) -> Receipt {
        Receipt { received_at: text_of(received_at), written, content: format!("{content:016x}") }
    }

    /// Returns the hash of what the caller sent.
    pub(super) fn content(&self) -> u64 {
        u64::from_str_radix(&self.content, 16).unwrap_or_default()
    }
}

/// Returns the first 64 bits of the SHA-256 of a value's JSON.
pub(super) fn hash(value: &impl Serialize) -> u64 {
    let json = serde_json::to_vec(value).expect("texts, numbers and times become JSON");
    let mut first = [0; 8];
    first.copy_from_slice(&Sha256::digest(json)[..8]);
    u64::from_le_bytes(first)
}

fn line(row: &impl Serialize) -> Result<Vec<u8>> {
    let mut line = serde_json::to_vec(row)?;
    line.push(b'\n');
    Ok(line)
}

/// Returns a time as a text of microseconds, whose order is the order of times.
fn text_of(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

fn time_of(text: &str) -> Result<DateTime<Utc>> {
    Ok(DateTime::parse_from_rfc3339(text)?.to_utc())
}

fn json_of(fields: &BTreeMap<String, FieldValue>) -> BTreeMap<String, serde_json::Value> {
    fields.iter().map(|(name, value)| (name.clone(), json_value(value))).collect()
}

fn values_of(fields: BTreeMap<String, serde_json::Value>) -> BTreeMap<String, FieldValue> {
    fields.into_iter().filter_map(|(name, value)| Some((name, field_value(&value)?))).collect()
}

fn others_text(others: &BTreeMap<String, serde_json::Value>) -> Result<Option<String>> {
    Ok(if others.is_empty() { None } else { Some(serde_json::to_string(others)?) })
}

fn read_others(others: Option<String>) -> Result<BTreeMap<String, serde_json::Value>> {
    Ok(others.map_or(Ok(BTreeMap::new()), |text| serde_json::from_str(&text))?)
}
