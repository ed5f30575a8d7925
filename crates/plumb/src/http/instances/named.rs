//! One instance by names: a lead's id, a lead with its events, or features.

use std::collections::BTreeMap;
use std::fmt;

use plumb_lead::{Event, FieldValue, Lead};
use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::values::{PlainValue, Text, Timestamp};
use crate::http::error::Error;
use crate::http::limits::{FIELDS_MAX, NAME_BYTES_MAX};
use crate::ids::new_id;
use crate::scoring::Scorer;
use crate::serving::{Instance, Overrides};

/// The lead's fields, as the sources call them. `created_at` is required unless the sources know the lead.
#[derive(Debug, Default, PartialEq, ToSchema)]
pub(in crate::http) struct LeadInput {
    /// The caller's own name for it.
    #[schema(nullable = false)]
    lead_id: Option<String>,
    /// When the lead came in.
    #[schema(value_type = Option<DateTime<Utc>>, nullable = false)]
    created_at: Option<Timestamp>,
    /// All other fields.
    #[serde(flatten)]
    #[schema(value_type = BTreeMap<String, PlainValue>)]
    fields: BTreeMap<String, FieldValue>,
}

/// One event, with attributes as the sources call them.
#[derive(Debug, PartialEq, ToSchema)]
pub(in crate::http) struct EventInput {
    /// What happened.
    kind: String,
    /// When it happened.
    #[schema(value_type = DateTime<Utc>)]
    at: Timestamp,
    /// When it was known; `at` by default.
    #[schema(value_type = Option<DateTime<Utc>>, nullable = false)]
    known_at: Option<Timestamp>,
    /// All other attributes.
    #[serde(flatten)]
    #[schema(value_type = BTreeMap<String, PlainValue>)]
    attributes: BTreeMap<String, FieldValue>,
}

/// The model's inputs: by name, or in the model's order.
#[derive(Debug, PartialEq)]
pub(in crate::http) enum FeaturesInput {
    Named(BTreeMap<String, FieldValue>),
    Positional(Vec<FieldValue>),
}

/// An instance: one of `lead_id`, alone or with overrides in `lead` and `events`; `lead` with `events`; or `features`, then
/// `lead_id` is the caller's own name for the row.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct InstanceInput {
    pub(in crate::http) lead_id: Option<String>,
    pub(in crate::http) lead: Option<LeadInput>,
    pub(in crate::http) events: Option<Vec<EventInput>>,
    pub(in crate::http) features: Option<FeaturesInput>,
}

impl InstanceInput {
    /// Returns the instance to score. `path` is where this stands in the body, `order` names the features of a list.
    pub(in crate::http) fn into_instance(self, path: &str, order: &[&str]) -> Result<Instance, Error> {
        let InstanceInput { lead_id, lead, events, features } = self;
        match (lead_id, lead, features) {
            (Some(lead_id), lead, None) => {
                let mut overrides = Overrides { events: events_of(events), ..Overrides::default() };
                if let Some(lead) = lead {
                    overrides.created_at = lead.created_at.map(|Timestamp(at)| at);
                    overrides.fields = lead.fields;
                    let name = lead.lead_id.map(|lead_id| ("lead_id".to_owned(), FieldValue::Text(lead_id)));
                    overrides.fields.extend(name);
                }
                Ok(Instance::KnownLead { lead_id, overrides })
            }
            (None, Some(lead), None) => {
                Ok(Instance::NewLead { lead: lead.into_lead(&path_of(path, "lead"))?, events: events_of(events) })
            }
            (lead_id, None, Some(features)) if events.is_none() => {
                let features = features.by_name(&path_of(path, "features"), order)?;
                Ok(Instance::Features { lead_id, features })
            }
            _ => Err(Error::request("the request does not say what to score").hint(
                "send one of `lead_id` (with what is newer in `lead` and `events`, if anything), `lead` (with `events`), \
                 or `features` (with a `lead_id` of your own, if you like)",
            )),
        }
    }
}

impl LeadInput {
    fn into_lead(self, path: &str) -> Result<Lead, Error> {
        let LeadInput { lead_id, created_at, fields } = self;
        let Timestamp(created_at) =
            created_at.ok_or_else(|| Error::field(format!("{path}.created_at"), "is missing: expected a timestamp"))?;
        Ok(Lead { lead_id: lead_id.unwrap_or_else(new_id), created_at, fields })
    }
}

impl FeaturesInput {
    /// Returns the features by name. `path` is where they stand in the body, `order` names the values of a list.
    pub(in crate::http) fn by_name(self, path: &str, order: &[&str]) -> Result<BTreeMap<String, FieldValue>, Error> {
        let values = match self {
            FeaturesInput::Named(features) => return Ok(features),
            FeaturesInput::Positional(values) => values,
        };
        if values.len() != order.len() {
            let problem =
                format!("has {} values: expected the model's {} features in order", values.len(), order.len());
            return Err(Error::field(path, &problem).hint(format!("the order is `{}`", order.join("`, `"))));
        }
        Ok(order.iter().map(|name| (*name).to_owned()).zip(values).collect())
    }
}

/// Returns the names of a model's features in their order.
pub(in crate::http) fn feature_names(scorer: &Scorer) -> Vec<&str> {
    scorer.artifact.model.features.features.iter().map(|feature| feature.name.as_str()).collect()
}

fn path_of(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn events_of(events: Option<Vec<EventInput>>) -> Vec<Event> {
    let event = |event: EventInput| {
        let EventInput { kind, at: Timestamp(at), known_at, attributes } = event;
        let known_at = known_at.map_or(at, |Timestamp(known_at)| known_at);
        Event { kind, at, known_at, posted_id: None, attributes }
    };
    events.unwrap_or_default().into_iter().map(event).collect()
}

/// Refuses a name that is too long, and a field that is one too many.
fn check_name<E: serde::de::Error>(name: &str, fields: usize) -> Result<(), E> {
    if name.len() > NAME_BYTES_MAX {
        return Err(E::custom(format!("has a name of {} bytes: expected at most {NAME_BYTES_MAX}", name.len())));
    }
    if fields >= FIELDS_MAX {
        return Err(E::custom(format!("has more than {FIELDS_MAX} fields")));
    }
    Ok(())
}

struct LeadVisitor;

impl<'de> Visitor<'de> for LeadVisitor {
    type Value = LeadInput;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<LeadInput, A::Error> {
        let mut lead = LeadInput::default();
        while let Some(name) = map.next_key::<String>()? {
            check_name(&name, lead.fields.len())?;
            match name.as_str() {
                "lead_id" => lead.lead_id = map.next_value()?,
                "created_at" => lead.created_at = map.next_value()?,
                _ => drop(lead.fields.insert(name, map.next_value::<PlainValue>()?.0)),
            }
        }
        Ok(lead)
    }
}

impl<'de> Deserialize<'de> for LeadInput {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<LeadInput, D::Error> {
        deserializer.deserialize_map(LeadVisitor)
    }
}

struct EventVisitor;

impl<'de> Visitor<'de> for EventVisitor {
    type Value = EventInput;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<EventInput, A::Error> {
        let (mut kind, mut at, mut known_at, mut attributes) = (None::<Text>, None, None, BTreeMap::new());
        while let Some(name) = map.next_key::<String>()? {
            check_name(&name, attributes.len())?;
            match name.as_str() {
                "kind" => kind = map.next_value()?,
                "at" => at = map.next_value()?,
                "known_at" => known_at = map.next_value()?,
                _ => drop(attributes.insert(name, map.next_value::<PlainValue>()?.0)),
            }
        }
        let Text(kind) = kind.ok_or_else(|| A::Error::missing_field("kind"))?;
        let at = at.ok_or_else(|| A::Error::missing_field("at"))?;
        Ok(EventInput { kind, at, known_at, attributes })
    }
}

impl<'de> Deserialize<'de> for EventInput {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<EventInput, D::Error> {
        deserializer.deserialize_map(EventVisitor)
    }
}

struct FeaturesVisitor;

impl<'de> Visitor<'de> for FeaturesVisitor {
    type Value = FeaturesInput;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object, or a list in the model's order")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<FeaturesInput, A::Error> {
        let mut features = BTreeMap::new();
        while let Some((name, PlainValue(value))) = map.next_entry::<String, PlainValue>()? {
            // A model may have as many features as it likes; a name that none of them has is refused later.
            check_name(&name, 0)?;
            features.insert(name, value);
        }
        Ok(FeaturesInput::Named(features))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<FeaturesInput, A::Error> {
        let mut values = Vec::new();
        while let Some(PlainValue(value)) = list.next_element()? {
            values.push(value);
        }
        Ok(FeaturesInput::Positional(values))
    }
}

impl<'de> Deserialize<'de> for FeaturesInput {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<FeaturesInput, D::Error> {
        deserializer.deserialize_any(FeaturesVisitor)
    }
}
