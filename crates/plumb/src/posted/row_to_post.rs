//! A row as a caller sends it, an event or fields of a lead.

use std::collections::BTreeMap;

use anyhow::Result;
use plumb_lead::FieldValue;

use super::row::{EventRow, LeadRow, Receipt, hash};

/// A row as a caller sends it: its fields are all that it has.
#[derive(Clone, Debug)]
pub(crate) enum RowToPost {
    Event(EventRow),
    Lead(LeadRow),
}

impl RowToPost {
    /// Returns its id.
    pub(crate) fn id(&self) -> &str {
        match self {
            RowToPost::Event(row) => &row.event_id,
            RowToPost::Lead(row) => &row.row_id,
        }
    }

    /// Returns the name by which its sender knows it: the event's id, or the lead's key.
    pub(crate) fn public_id(&self) -> &str {
        match self {
            RowToPost::Event(row) => &row.event_id,
            RowToPost::Lead(row) => &row.lead_key,
        }
    }

    pub(super) fn lead_key(&self) -> &str {
        match self {
            RowToPost::Event(row) => &row.lead_key,
            RowToPost::Lead(row) => &row.lead_key,
        }
    }

    /// Returns the lead that is gone by this row; `None` if it does not say so.
    pub(crate) fn gone_lead(&self) -> Option<&str> {
        match self {
            RowToPost::Lead(LeadRow { lead_key, presence: Some(presence), .. }) if presence.is_gone() => Some(lead_key),
            _ => None,
        }
    }

    pub(super) fn hashed_id(&self) -> u64 {
        match self {
            RowToPost::Event(row) => hash(&("event", &row.event_id)),
            RowToPost::Lead(row) => LeadRow::hashed_id(&row.row_id),
        }
    }

    /// Returns whether its sender has given it an id of its own.
    pub(super) fn has_own_id(&self) -> bool {
        match self {
            RowToPost::Event(_) => true,
            RowToPost::Lead(row) => row.row_id != LeadRow::id_of_key(&row.lead_key),
        }
    }

    /// Returns the fields of a column.
    pub(super) fn fields(&self) -> &BTreeMap<String, FieldValue> {
        match self {
            RowToPost::Event(EventRow { fields, .. }) | RowToPost::Lead(LeadRow { fields, .. }) => fields,
        }
    }

    pub(super) fn content(&self) -> u64 {
        match self {
            RowToPost::Event(row) => row.content(),
            RowToPost::Lead(row) => row.content(),
        }
    }

    pub(super) fn line(&self, receipt: Receipt) -> Result<Vec<u8>> {
        match self {
            RowToPost::Event(row) => row.line(receipt),
            RowToPost::Lead(row) => row.line(receipt),
        }
    }

    pub(super) fn fields_mut(
        &mut self,
    ) -> (&mut BTreeMap<String, FieldValue>, &mut BTreeMap<String, serde_json::Value>) {
        match self {
            RowToPost::Event(EventRow { fields, others, .. }) | RowToPost::Lead(LeadRow { fields, others, .. }) => {
                (fields, others)
            }
        }
    }
}
