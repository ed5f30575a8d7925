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

impl Instance {
    /// Returns when a lead that comes with the request was created, if that is after a time.
    pub(crate) fn created_after(&self, as_of: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Instance::NewLead { lead, .. } => Some(lead.created_at).filter(|created_at| *created_at > as_of),
            Instance::KnownLead { .. } | Instance::Features { .. } => None,
        }
    }
}
