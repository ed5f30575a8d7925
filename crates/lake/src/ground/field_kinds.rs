//! Which fields a lead may have, or an event, and which values fit them; and which leads there are.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::arrow::datatypes::DataType;
use plumb_lead::FieldValue;

use super::opened::Ground;
use crate::error::Error;
use crate::posted::POSTED_ID;
use crate::timestamp;

/// A relation that callers may post rows of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PostedRelation {
    /// Fields of leads.
    Lead,
    /// Events.
    Event,
}

/// What fits a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// Any text.
    Text,
    /// True or false.
    Flag,
    /// A number.
    Number,
    /// A number without a fraction.
    WholeNumber,
    /// A text that is a timestamp.
    Timestamp,
}

/// Columns of `lead` that are not fields.
const OF_LEADS: [&str; 4] = ["lead_id", "created_at", "known_from", "known_to"];

/// The largest whole number that a 64-bit float has with all of its neighbours, about.
const WHOLE_MAX: f64 = 9e15;

impl FieldKind {
    /// Returns whether a value fits; a missing one always does.
    pub fn fits(self, value: &FieldValue) -> bool {
        match (self, value) {
            (_, FieldValue::Missing)
            | (FieldKind::Text, FieldValue::Text(_))
            | (FieldKind::Flag, FieldValue::Flag(_)) => true,
            (FieldKind::Number, FieldValue::Number(number)) => number.is_finite(),
            (FieldKind::WholeNumber, FieldValue::Number(number)) => number.fract() == 0.0 && number.abs() <= WHOLE_MAX,
            (FieldKind::Timestamp, FieldValue::Text(text)) => timestamp::parse(text).is_some(),
            _ => false,
        }
    }

    /// Returns what is expected, for messages.
    pub fn expected(self) -> &'static str {
        match self {
            FieldKind::Text => "text",
            FieldKind::Flag => "true or false",
            FieldKind::Number => "a number",
            FieldKind::WholeNumber => "a whole number",
            FieldKind::Timestamp => "a timestamp such as `2026-03-01T09:30:00Z`",
        }
    }

    fn of(data_type: &DataType) -> FieldKind {
        match data_type {
            DataType::Boolean => FieldKind::Flag,
            DataType::Int64 => FieldKind::WholeNumber,
            DataType::Float64 => FieldKind::Number,
            DataType::Timestamp(..) => FieldKind::Timestamp,
            _ => FieldKind::Text,
        }
    }
}

impl Ground {
    /// Returns the fields of a relation, without what every row has.
    pub(crate) fn field_kinds(&self, relation: PostedRelation) -> BTreeMap<String, FieldKind> {
        let (schema, own): (_, &[&str]) = match relation {
            PostedRelation::Lead => (self.lead_schema(), &OF_LEADS),
            PostedRelation::Event => {
                (self.event_schema(), &["lead_id", "event_id", POSTED_ID, "kind", "at", "known_at", "known_to"])
            }
        };
        let fields = schema.fields().iter().filter(|field| !own.contains(&field.name().as_str()));
        fields.map(|field| (field.name().clone(), FieldKind::of(field.data_type()))).collect()
    }

    /// Returns the fields of leads, in their order.
    pub(crate) fn lead_fields(&self) -> Vec<String> {
        let schema = self.lead_schema();
        let names = schema.fields().iter().map(|field| field.name().clone());
        names.filter(|name| !OF_LEADS.contains(&name.as_str())).collect()
    }

    /// Returns those of the ids that are leads.
    pub(crate) async fn known_leads(&self, lead_ids: &[String]) -> Result<BTreeSet<String>, Error> {
        let mut known = BTreeSet::new();
        for lead_id in lead_ids {
            if self.read_leads("lead", lead_id, lead_id).await?.num_rows() > 0 {
                known.insert(lead_id.clone());
            }
        }
        Ok(known)
    }
}
