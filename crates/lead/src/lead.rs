//! What the sources record: leads, their events and their outcomes.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// One field of a lead or an attribute of an event, as its source gave it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FieldValue {
    /// No value.
    Missing,
    /// Yes or no.
    Flag(bool),
    /// A number.
    Number(f64),
    /// Anything else.
    Text(String),
}

/// Someone who may buy: one identity after the sources are unified, as known at one time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lead {
    /// The identity that the sources were unified under.
    pub lead_id: String,
    /// When the lead came to be.
    pub created_at: DateTime<Utc>,
    /// The other fields of the `lead` relation, by name.
    #[serde(flatten)]
    pub fields: BTreeMap<String, FieldValue>,
}

/// One fact from one source about one lead at one time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// What happened: `touch`, `reply`, `email_opened` and so on.
    pub kind: String,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// When we learned it: never used before.
    pub known_at: DateTime<Utc>,
    /// The id under which a caller posted it to the server; `None` if another source has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub posted_id: Option<String>,
    /// The other attributes of the `event` relation, by name.
    #[serde(flatten)]
    pub attributes: BTreeMap<String, FieldValue>,
}

/// The outcome of a lead for one target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The lead it is about.
    pub lead_id: String,
    /// The target's name, as in `plumb.toml`.
    pub target: String,
    /// `true`: the target was reached; `false`: it was decided against.
    pub positive: bool,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// When we learned it.
    pub known_at: DateTime<Utc>,
}

/// A lead at a time: a row of every table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Observation {
    /// The lead.
    pub lead_id: String,
    /// The time: nothing learned later may be used.
    pub as_of: DateTime<Utc>,
}
