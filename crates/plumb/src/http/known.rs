//! A lead that the sources know, asked for by its id: out of the operational database while it is open, else out of
//! the ground; and what a request says of it that is newer.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context;
use chrono::{DateTime, Utc};
use plumb_lake::{Lake, RecentLead};
use plumb_lead::{Event, FieldValue, Lead};
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;

use super::App;
use super::error::Error;

/// What a request says of a lead beside its id. It wins over what the sources said.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct News {
    /// When the lead came to be; without it, it has to be known.
    pub(super) created_at: Option<DateTime<Utc>>,
    pub(super) fields: BTreeMap<String, FieldValue>,
    pub(super) events: Vec<Event>,
}

/// Returns a lead and its events as they were known at a moment; `None` if it was not known then.
pub(super) async fn lead(
    app: &App,
    lake: &Arc<Lake>,
    lead_id: &str,
    as_of: DateTime<Utc>,
) -> Result<Option<(Lead, Vec<Event>)>, Error> {
    if let Some(RecentLead { lead, known_from, events }) = app.store.recent_lead(lead_id, lake.ground_version()).await?
        && known_from <= as_of
    {
        return Ok(Some((lead, events)));
    }
    // To look into the ground takes milliseconds, which are not the async thread's.
    let (runtime, lake, lead_id) = (Handle::current(), lake.clone(), lead_id.to_owned());
    let looked = spawn_blocking(move || runtime.block_on(lake.lead(&lead_id, as_of))).await;
    Ok(looked.context("the look into the ground broke off")?.context("cannot look into the ground")?)
}

impl News {
    /// Returns what was brought, for the answer: fields as `lead.budget`, and `events`.
    pub(super) fn names(&self) -> Vec<String> {
        let created = self.created_at.map(|_| "lead.created_at".to_owned());
        let fields = self.fields.keys().map(|field| format!("lead.{field}"));
        let events = (!self.events.is_empty()).then(|| "events".to_owned());
        created.into_iter().chain(fields).chain(events).collect()
    }

    /// Returns the lead and its events with the news. An event of the same kind and moment is taken for the same, so
    /// that a caller may send what the sources have learned in the meantime.
    pub(super) fn over(self, mut lead: Lead, mut events: Vec<Event>) -> (Lead, Vec<Event>) {
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
        Event { kind: kind.into(), at: hour_of_new_year(hour), known_at: hour_of_new_year(hour), attributes }
    }

    #[test]
    fn what_the_request_says_wins() {
        let fields = BTreeMap::from([
            ("budget".to_owned(), FieldValue::Number(1.0)),
            ("country".to_owned(), FieldValue::Text("NO".into())),
        ]);
        let lead = Lead { lead_id: "ada".into(), created_at: hour_of_new_year(1), fields };
        let news = News {
            created_at: None,
            fields: BTreeMap::from([("budget".to_owned(), FieldValue::Number(2.0))]),
            events: vec![event("touch", 2, 9.0), event("reply", 3, 0.0)],
        };
        assert_eq!(news.names(), ["lead.budget", "events"]);
        let (lead, events) = news.over(lead, vec![event("touch", 1, 0.0), event("touch", 2, 0.0)]);
        assert_eq!(lead.fields["budget"], FieldValue::Number(2.0));
        assert_eq!(lead.fields["country"], FieldValue::Text("NO".into()));
        assert_eq!(events, [event("touch", 1, 0.0), event("touch", 2, 9.0), event("reply", 3, 0.0)]);
    }
}
