//! Events that are dated before their lead was created, said.

use datafusion::arrow::array::{AsArray, RecordBatch};
use datafusion::arrow::datatypes::TimestampMicrosecondType;
use serde::{Deserialize, Serialize};

use super::ground_note::{GroundNote, GroundNoteCode};
use super::outcome_times::created_at;
use crate::timestamp::{DAY_MICROS, day_of, from_micros};

/// Events that are dated before their lead was created. They stay as they are.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct EarlyEvents {
    events: u64,
    before: u64,
    on_creation_day: u64,
    /// The first: the lead, its creation, and the event's time.
    example: Option<(String, i64, i64)>,
}

impl EarlyEvents {
    /// Finds those among events. `versions` are those of leads, in the ground's columns.
    pub(super) fn among(events: &RecordBatch, versions: &RecordBatch) -> EarlyEvents {
        let created = created_at(versions);
        let lead_ids = events["lead_id"].as_string::<i32>();
        let at = events["at"].as_primitive::<TimestampMicrosecondType>();
        let mut early = EarlyEvents { events: events.num_rows() as u64, ..EarlyEvents::default() };
        for (lead_id, at) in lead_ids.iter().flatten().zip(at.values().iter().copied()) {
            let Some(created_at) = created.get(lead_id).copied().filter(|created_at| at < *created_at) else {
                continue;
            };
            early.before += 1;
            early.on_creation_day += u64::from(at.rem_euclid(DAY_MICROS) == 0 && day_of(at) == day_of(created_at));
            early.example.get_or_insert_with(|| (lead_id.to_owned(), created_at, at));
        }
        early
    }

    /// Adds those of later leads.
    pub(super) fn merge(&mut self, later: EarlyEvents) {
        self.events += later.events;
        self.before += later.before;
        self.on_creation_day += later.on_creation_day;
        self.example = self.example.take().or(later.example);
    }

    /// Returns a note, if there are any.
    pub(super) fn note(&self) -> Option<GroundNote> {
        let (lead_id, created_at, at) = self.example.as_ref()?;
        let (before, on_creation_day) = (self.before, self.on_creation_day);
        let time = |micros: &i64| from_micros(*micros).format("%Y-%m-%d %H:%M:%S").to_string();
        Some(GroundNote {
            code: GroundNoteCode::EventBeforeCreation,
            relation: "event".to_owned(),
            column: "at".to_owned(),
            rows: before,
            of_rows: self.events,
            what: format!(
                "{before} events are dated before their lead was created (`{lead_id}`: created {}, event {}), \
                 {on_creation_day} of them at midnight of that day, as a day without a time is: they stay as they are",
                time(created_at),
                time(at)
            ),
            way_out: "if they happened before, leave it so; if a day without a time is meant, write its end in sources/event.sql: \
                      `date_trunc('day', at) + INTERVAL '1 day' - INTERVAL '1 second'`"
                .to_owned(),
        })
    }
}
