//! What a request asks to be scored.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use plumb_lead::{Event, FieldValue, Lead};

use super::overrides::Overrides;
use crate::scoring::Rows;

/// One thing to score.
#[derive(Clone, Debug)]
pub(crate) enum Instance {
    /// A lead that the sources know, with what the request says newer than the store.
    KnownLead { lead_id: String, overrides: Overrides },
    /// A lead that comes with the request.
    NewLead { lead: Lead, events: Vec<Event> },
    /// The model's inputs themselves.
    Features { lead_id: Option<String>, features: BTreeMap<String, FieldValue> },
}

/// All that one request asks to be scored.
#[derive(Debug)]
pub(crate) enum InferenceRequest {
    /// Rows as the model takes them, and the lead's name if there is one row with a name.
    Rows(Rows, Option<String>),
    /// Instances that have to be looked up or encoded first.
    Instances(Vec<Instance>),
}

/// The memory of a tree's node, which the first entry of a map needs whole.
const NODE_BYTES: usize = 560;

/// The memory of an entry: its share of a node that is half full, and its name's own block.
const ENTRY_BYTES: usize = 128;

fn fields_bytes(fields: &BTreeMap<String, FieldValue>) -> usize {
    let entries = fields.iter().map(|(name, value)| {
        let text = if let FieldValue::Text(text) = value { text.len() + 16 } else { 0 };
        ENTRY_BYTES + name.len() + text
    });
    if fields.is_empty() { 0 } else { NODE_BYTES + entries.sum::<usize>() }
}

fn events_bytes(events: &[Event]) -> usize {
    events.iter().map(|event| size_of::<Event>() + event.kind.len() + 16 + fields_bytes(&event.attributes)).sum()
}

impl Instance {
    /// Returns about how much memory the instance needs.
    pub(crate) fn bytes(&self) -> usize {
        let own = size_of::<Instance>();
        match self {
            Instance::KnownLead { lead_id, overrides } => {
                own + lead_id.len() + fields_bytes(&overrides.fields) + events_bytes(&overrides.events)
            }
            Instance::NewLead { lead, events } => own + fields_bytes(&lead.fields) + events_bytes(events),
            Instance::Features { features, .. } => own + fields_bytes(features),
        }
    }

    /// Returns the lead's id, where the request has one.
    pub(crate) fn lead_id(&self) -> Option<&str> {
        match self {
            Instance::KnownLead { lead_id, .. } => Some(lead_id),
            Instance::NewLead { lead, .. } => Some(&lead.lead_id),
            Instance::Features { lead_id, .. } => lead_id.as_deref(),
        }
    }

    /// Returns how many events come with the instance.
    pub(crate) fn events(&self) -> usize {
        match self {
            Instance::KnownLead { overrides, .. } => overrides.events.len(),
            Instance::NewLead { events, .. } => events.len(),
            Instance::Features { .. } => 0,
        }
    }

    /// Returns when a lead that comes with the request was created, if that is after a time.
    pub(crate) fn created_after(&self, as_of: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Instance::NewLead { lead, .. } => Some(lead.created_at).filter(|created_at| *created_at > as_of),
            Instance::KnownLead { .. } | Instance::Features { .. } => None,
        }
    }
}
