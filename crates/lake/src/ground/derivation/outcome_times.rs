//! Outcomes that are dated before their lead was created.
//!
//! Many systems keep the day of a conversion and not its time. As a timestamp that is midnight, which on the lead's first
//! day lies before its creation: the best leads would count as decided before they came, and never be learned from. Such
//! an outcome is read as the end of its day. What is earlier still is left as it is, and said.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::datatypes::TimestampMicrosecondType;
use serde::{Deserialize, Serialize};

use super::ground_note::{GroundNote, GroundNoteCode};
use crate::error::Error;
use crate::timestamp::{DAY_MICROS, day_of, from_micros, timestamp_array};

/// Outcomes with the times as they are read, and what was found.
pub(super) struct OutcomeTimes {
    pub(super) outcomes: RecordBatch,
    pub(super) found: OddTimes,
}

/// The odd times of outcomes, by target.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct OddTimes(BTreeMap<String, OfTarget>);

/// The outcomes of one target.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct OfTarget {
    rows: u64,
    on_creation_day: u64,
    before_creation: u64,
    /// The first outcome before its lead's creation: the lead, its creation, and the outcome's time.
    example: Option<(String, i64, i64)>,
}

/// Reads outcomes of a lead's first day as the end of that day. `versions` are those of leads, in the ground's columns.
pub(super) fn outcome_times(outcomes: RecordBatch, versions: &RecordBatch) -> Result<OutcomeTimes, Error> {
    let created = created_at(versions);
    let (lead_ids, targets) = (outcomes["lead_id"].as_string::<i32>(), outcomes["target"].as_string::<i32>());
    let [at, known_at] = ["at", "known_at"].map(|name| outcomes[name].as_primitive::<TimestampMicrosecondType>());
    let mut of_target: BTreeMap<String, OfTarget> = BTreeMap::new();
    let (mut read_at, mut read_known_at) = (at.values().to_vec(), known_at.values().to_vec());
    for row in 0..outcomes.num_rows() {
        let counts = match of_target.get_mut(targets.value(row)) {
            Some(counts) => counts,
            None => of_target.entry(targets.value(row).to_owned()).or_default(),
        };
        counts.rows += 1;
        let (lead_id, at) = (lead_ids.value(row), at.value(row));
        let Some(created_at) = created.get(lead_id).copied().filter(|created_at| at <= *created_at) else { continue };
        if at.rem_euclid(DAY_MICROS) == 0 && day_of(at) == day_of(created_at) {
            counts.on_creation_day += 1;
            // The last microsecond, unless the lead came in just that one.
            read_at[row] = (at + DAY_MICROS - 1).max(created_at + 1);
            // It was not known before it happened.
            read_known_at[row] = read_known_at[row].max(read_at[row]);
        } else {
            counts.before_creation += 1;
            counts.example.get_or_insert_with(|| (lead_id.to_owned(), created_at, at));
        }
    }
    let outcomes = with_times(&outcomes, read_at, read_known_at)?;
    Ok(OutcomeTimes { outcomes, found: OddTimes(of_target) })
}

impl OddTimes {
    /// Adds what was found in the outcomes of later leads.
    pub(super) fn merge(&mut self, later: OddTimes) {
        for (target, of_later) in later.0 {
            let known = self.0.entry(target).or_default();
            known.rows += of_later.rows;
            known.on_creation_day += of_later.on_creation_day;
            known.before_creation += of_later.before_creation;
            known.example = known.example.take().or(of_later.example);
        }
    }

    /// Returns what somebody should look at.
    pub(super) fn notes(&self) -> Vec<GroundNote> {
        self.0.iter().flat_map(|(target, counts)| counts.notes(target)).collect()
    }
}

/// Returns when each lead was created.
pub(super) fn created_at(versions: &RecordBatch) -> HashMap<&str, i64> {
    let lead_ids = versions["lead_id"].as_string::<i32>();
    let created = versions["created_at"].as_primitive::<TimestampMicrosecondType>();
    lead_ids.iter().flatten().zip(created.values().iter().copied()).collect()
}

fn with_times(outcomes: &RecordBatch, at: Vec<i64>, known_at: Vec<i64>) -> Result<RecordBatch, Error> {
    let times = |times: Vec<i64>| timestamp_array(times.into_iter().map(Some));
    let (at, known_at): (ArrayRef, ArrayRef) = (times(at), times(known_at));
    let columns = outcomes.schema_ref().fields().iter().zip(outcomes.columns());
    let columns = columns.map(|(field, column)| match field.name().as_str() {
        "at" => Arc::clone(&at),
        "known_at" => Arc::clone(&known_at),
        _ => Arc::clone(column),
    });
    RecordBatch::try_new(outcomes.schema(), columns.collect()).map_err(Error::engine("read the times of outcomes"))
}

impl OfTarget {
    fn notes(&self, target: &str) -> Vec<GroundNote> {
        let note = |code, rows, what, way_out: &str| GroundNote {
            code,
            relation: "outcome".to_owned(),
            column: "at".to_owned(),
            rows,
            of_rows: self.rows,
            what,
            way_out: way_out.to_owned(),
        };
        let (all, same_day, before) = (self.rows, self.on_creation_day, self.before_creation);
        let same_day = (same_day > 0).then(|| {
            let what = format!(
                "{same_day} of {all} outcomes of `{target}` are at midnight of the day on which their lead was created, as a \
                 day without a time is: they are read as the end of that day, after the creation"
            );
            let way_out = "to say so yourself, write the end of the day in sources/outcome.sql: \
                           `date_trunc('day', at) + INTERVAL '1 day' - INTERVAL '1 second'`";
            note(GroundNoteCode::OutcomeOnCreationDay, same_day, what, way_out)
        });
        let before = self.example.as_ref().map(|(lead_id, created_at, at)| {
            let what = format!(
                "{before} of {all} outcomes of `{target}` are dated before their lead was created, or at that very moment \
                 (`{lead_id}`: created {}, outcome {}): these leads count as decided before they came, and nothing is \
                 learned from them",
                from_micros(*created_at).format("%Y-%m-%d %H:%M:%S"),
                from_micros(*at).format("%Y-%m-%d %H:%M:%S"),
            );
            let way_out = "in sources/outcome.sql, take another column for `at`, or the end of its day in the lead's time \
                           zone: `date_trunc('day', at) + INTERVAL '1 day' - INTERVAL '1 second'`";
            note(GroundNoteCode::OutcomeBeforeCreation, before, what, way_out)
        });
        same_day.into_iter().chain(before).collect()
    }
}
