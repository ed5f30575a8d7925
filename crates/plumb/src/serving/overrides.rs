//! What a request says of a known lead newer than the store. It wins over what the sources said.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use plumb_lead::{Event, FieldValue, Lead};

/// The fields and events that a request sends beside a lead's id.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Overrides {
    /// When the lead was created; without it, the store has to know the lead.
    pub(crate) created_at: Option<DateTime<Utc>>,
    pub(crate) fields: BTreeMap<String, FieldValue>,
    pub(crate) events: Vec<Event>,
}

impl Overrides {
    /// Returns what is overridden, by name: fields as `lead.budget`, and `events`.
    pub(crate) fn names(&self) -> Vec<String> {
        let created = self.created_at.map(|_| "lead.created_at".to_owned());
        let fields = self.fields.keys().map(|field| format!("lead.{field}"));
        let events = (!self.events.is_empty()).then(|| "events".to_owned());
        created.into_iter().chain(fields).chain(events).collect()
    }

    /// Returns the lead and its events with the overrides. An event of the same kind and time is taken for the same, so that
    /// a caller may send what the sources have learned in the meantime.
    pub(crate) fn apply(self, mut lead: Lead, mut events: Vec<Event>) -> (Lead, Vec<Event>) {
        lead.created_at = self.created_at.unwrap_or(lead.created_at);
        lead.fields.extend(self.fields);
        events.retain(|known| !self.events.iter().any(|event| event.kind == known.kind && event.at == known.at));
        events.extend(self.events);
        (lead, events)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::hour_of_new_year;

    fn event(kind: &str, hour: u32, value: f64) -> Event {
        let attributes = BTreeMap::from([("value".to_owned(), FieldValue::Number(value))]);
        let at = hour_of_new_year(hour);
        Event { kind: kind.into(), at, known_at: at, posted_id: None, attributes }
    }

    #[test]
    fn overrides_win_over_the_store() {
        let fields = BTreeMap::from([
            ("budget".to_owned(), FieldValue::Number(1.0)),
            ("country".to_owned(), FieldValue::Text("NO".into())),
        ]);
        let lead = Lead { lead_id: "ada".into(), created_at: hour_of_new_year(1), fields };
        let overrides = Overrides {
            created_at: None,
            fields: BTreeMap::from([("budget".to_owned(), FieldValue::Number(2.0))]),
            events: vec![event("touch", 2, 9.0), event("reply", 3, 0.0)],
        };
        assert_eq!(overrides.names(), ["lead.budget", "events"]);
        let (lead, events) = overrides.apply(lead, vec![event("touch", 1, 0.0), event("touch", 2, 0.0)]);
        assert_eq!(lead.fields["budget"], FieldValue::Number(2.0));
        assert_eq!(lead.fields["country"], FieldValue::Text("NO".into()));
        assert_eq!(events, [event("touch", 1, 0.0), event("touch", 2, 9.0), event("reply", 3, 0.0)]);
    }
}
