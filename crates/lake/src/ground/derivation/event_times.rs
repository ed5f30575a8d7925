//! Events that are dated before their lead was created, said.

use datafusion::arrow::array::{AsArray, RecordBatch};
use datafusion::arrow::datatypes::TimestampMicrosecondType;

use super::ground_note::{GroundNote, GroundNoteCode};
use super::outcome_times::created_at;
use crate::timestamp::{DAY_MICROS, day_of, from_micros};

/// Returns a note on events that are dated before their lead was created, if there are any. They stay as they are.
/// `versions` are those of leads, in the ground's columns.
pub(super) fn event_note(events: &RecordBatch, versions: &RecordBatch) -> Option<GroundNote> {
    let created = created_at(versions);
    let lead_ids = events["lead_id"].as_string::<i32>();
    let at = events["at"].as_primitive::<TimestampMicrosecondType>();
    let (mut before, mut on_creation_day, mut example) = (0_u64, 0_u64, None);
    for (lead_id, at) in lead_ids.iter().flatten().zip(at.values().iter().copied()) {
        let Some(created_at) = created.get(lead_id).copied().filter(|created_at| at < *created_at) else { continue };
        before += 1;
        on_creation_day += u64::from(at.rem_euclid(DAY_MICROS) == 0 && day_of(at) == day_of(created_at));
        example.get_or_insert((lead_id, created_at, at));
    }
    let (lead_id, created_at, at) = example?;
    let time = |micros: i64| from_micros(micros).format("%Y-%m-%d %H:%M:%S").to_string();
    Some(GroundNote {
        code: GroundNoteCode::EventBeforeCreation,
        relation: "event".to_owned(),
        column: "at".to_owned(),
        rows: before,
        of_rows: events.num_rows() as u64,
        what: format!(
            "{before} events are dated before their lead was created (`{lead_id}`: created {}, event {}), {on_creation_day} of \
             them at midnight of that day, as a day without a time is: they stay as they are",
            time(created_at),
            time(at)
        ),
        way_out: "nothing, if they happened before; of a day without a time, write its end in sources/event.sql: \
                  `date_trunc('day', at) + INTERVAL '1 day' - INTERVAL '1 second'`"
            .to_owned(),
    })
}
