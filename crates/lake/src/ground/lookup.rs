//! Leads and their events, looked up in the ground.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch, UInt64Array};
use datafusion::arrow::compute::{filter_record_batch, is_null, take_record_batch};
use datafusion::arrow::datatypes::{DataType, Float64Type, Int64Type, TimestampMicrosecondType};
use futures::{Stream, StreamExt, stream};
use plumb_lead::{Event, FieldValue, Lead};

use super::lead_order::with_plain_ids;
use super::opened::Ground;
use crate::error::Error;
use crate::posted::POSTED_ID;
use crate::timestamp::from_micros;

/// Columns of `lead` that are not fields.
const LEAD_COLUMNS: [&str; 4] = ["lead_id", "created_at", "known_from", "known_to"];

/// Columns of `event` that are not attributes.
const EVENT_COLUMNS: [&str; 7] = ["lead_id", "event_id", POSTED_ID, "kind", "at", "known_at", "known_to"];

/// The newest version of a lead and all of its events, those included that are not known yet.
#[derive(Clone, Debug, PartialEq)]
pub struct RecentLead {
    /// The lead.
    pub lead: Lead,
    /// Since when its fields have these values, and its events these; earlier ones are only in the ground.
    pub known_from: DateTime<Utc>,
    /// Its events.
    pub events: Vec<Event>,
}

/// From when until when a lead is there, in microseconds.
pub(crate) struct LeadLife {
    pub(crate) lead_id: String,
    pub(crate) created_at: i64,
    /// When all of its records were deleted; `None` if it is there.
    pub(crate) ended_at: Option<i64>,
}

impl LeadLife {
    /// Returns whether the lead was not deleted yet at a time.
    pub(crate) fn lasts_until(&self, at: i64) -> bool {
        self.ended_at.is_none_or(|ended_at| at < ended_at)
    }
}

impl Ground {
    /// Returns a lead and its events as they were known at a time; `None` if it was not known then.
    pub(crate) async fn lead(&self, lead_id: &str, as_of: DateTime<Utc>) -> Result<Option<(Lead, Vec<Event>)>, Error> {
        let versions = self.read_leads("lead", lead_id, lead_id).await?;
        let Some(lead) = leads_of(&versions, as_of).pop() else { return Ok(None) };
        let events = self.read_leads("event", lead_id, lead_id).await?;
        let ends = ends_of(&events);
        let now = as_of.timestamp_micros();
        let is_known = |event: &Event, end: i64| event.known_at <= as_of && now < end;
        let events = events_of(&events).into_iter().zip(ends);
        let mut events: Vec<Event> =
            events.filter(|(event, end)| is_known(event, *end)).map(|(event, _)| event).collect();
        events.sort_by_key(|event| (event.at, event.known_at));
        Ok(Some((lead, events)))
    }

    /// Returns all leads as they were known at a time, block after block, in the order of their ids.
    pub(crate) async fn lead_blocks(
        &self,
        as_of: DateTime<Utc>,
    ) -> Result<impl Stream<Item = Result<Vec<Lead>, Error>> + use<'_>, Error> {
        let columns = self.files.lead.column_names();
        let batches = self.files.lead.rows(&columns).map_err(Error::engine("read the ground"))?;
        let leads = batches.map(move |versions| {
            let versions = versions.and_then(|versions| with_plain_ids(&versions));
            Ok(leads_of(&versions.map_err(Error::engine("read the ground"))?, as_of))
        });
        Ok(stream::iter(leads).chain(stream::once(async { self.check_present().map(|()| Vec::new()) })))
    }

    /// Returns the newest version of those leads of the ids, which are in order, that exist, with all events that were not
    /// corrected or deleted. Little else is read if the ids follow closely.
    pub(crate) async fn recent_leads(&self, lead_ids: &[String]) -> Result<Vec<RecentLead>, Error> {
        let (Some(first), Some(last)) = (lead_ids.first(), lead_ids.last()) else { return Ok(Vec::new()) };
        let versions = self.read_leads("lead", first, last).await?;
        let is_newest = is_null(column(&versions, "known_to")).map_err(Error::engine("find the newest versions"))?;
        let versions = filter_record_batch(&versions, &is_newest).map_err(Error::engine("find the newest versions"))?;
        let events = self.read_leads("event", first, last).await?;
        let ends = ends_of(&events);
        let mut rows_of: HashMap<&str, Vec<u64>> = HashMap::new();
        for (row, lead_id) in events["lead_id"].as_string::<i32>().iter().enumerate() {
            rows_of.entry(lead_id.unwrap_or_default()).or_default().push(row as u64);
        }
        let from = versions["known_from"].as_primitive::<TimestampMicrosecondType>();
        let mut recent = Vec::with_capacity(lead_ids.len());
        for (row, lead) in (0..versions.num_rows()).map(|row| (row, lead_of(&versions, row))) {
            if lead_ids.binary_search(&lead.lead_id).is_err() {
                continue;
            }
            let (hold, ended): (Vec<u64>, Vec<u64>) = rows_of
                .remove(lead.lead_id.as_str())
                .unwrap_or_default()
                .into_iter()
                .partition(|row| ends[*row as usize] == i64::MAX);
            let last_end = ended.iter().map(|row| ends[*row as usize]).max();
            let known_from = from.value(row).max(last_end.unwrap_or(i64::MIN));
            let events = take_record_batch(&events, &UInt64Array::from(hold))
                .map_err(Error::engine("pick the events of a lead"))?;
            recent.push(RecentLead { lead, known_from: from_micros(known_from), events: events_of(&events) });
        }
        Ok(recent)
    }

    /// Returns when the newest fact was learned; `None` if there is none.
    pub(crate) async fn newest(&self) -> Result<Option<DateTime<Utc>>, Error> {
        let mut newest = None;
        for (table, column) in [("lead", "known_from"), ("event", "known_at"), ("outcome", "known_at")] {
            let batch = self.read(table, &[column]).await?;
            let known = batch.column(0).as_primitive::<TimestampMicrosecondType>();
            newest = newest.max(known.iter().flatten().max());
        }
        Ok(newest.map(from_micros))
    }

    /// Returns from when until when each lead is there, in the order of their ids.
    pub(crate) async fn lives(&self) -> Result<Vec<LeadLife>, Error> {
        let batch = self.read("lead", &["lead_id", "created_at", "known_to"]).await?;
        let lead_ids = batch.column(0).as_string::<i32>();
        let [created, known_to] = [1, 2].map(|column| batch.column(column).as_primitive::<TimestampMicrosecondType>());
        let mut lives: Vec<LeadLife> = Vec::new();
        for row in 0..batch.num_rows() {
            let ended_at = known_to.is_valid(row).then(|| known_to.value(row));
            match lives.last_mut().filter(|life| life.lead_id == lead_ids.value(row)) {
                // Its versions follow each other in time.
                Some(life) => life.ended_at = ended_at,
                None => {
                    let (lead_id, created_at) = (lead_ids.value(row).to_owned(), created.value(row));
                    lives.push(LeadLife { lead_id, created_at, ended_at });
                }
            }
        }
        Ok(lives)
    }
}

fn leads_of(versions: &RecordBatch, as_of: DateTime<Utc>) -> Vec<Lead> {
    let micros = |name: &str| column(versions, name).as_primitive::<TimestampMicrosecondType>();
    let (from, to) = (micros("known_from"), micros("known_to"));
    let now = as_of.timestamp_micros();
    let known = |row: &usize| from.value(*row) <= now && (to.is_null(*row) || now < to.value(*row));
    (0..versions.num_rows()).filter(known).map(|row| lead_of(versions, row)).collect()
}

fn lead_of(versions: &RecordBatch, row: usize) -> Lead {
    let created = column(versions, "created_at").as_primitive::<TimestampMicrosecondType>();
    Lead {
        lead_id: column(versions, "lead_id").as_string::<i32>().value(row).to_owned(),
        created_at: from_micros(created.value(row)),
        fields: values(versions, row, &LEAD_COLUMNS),
    }
}

fn events_of(events: &RecordBatch) -> Vec<Event> {
    let micros = |name: &str| column(events, name).as_primitive::<TimestampMicrosecondType>();
    let (at, known_at) = (micros("at"), micros("known_at"));
    let kinds = column(events, "kind").as_string::<i32>();
    let posted = events.column_by_name(POSTED_ID).map(|ids| ids.as_string::<i32>());
    let posted_id = |row: usize| posted.filter(|ids| ids.is_valid(row)).map(|ids| ids.value(row).to_owned());
    (0..events.num_rows())
        .map(|row| Event {
            kind: kinds.value(row).to_owned(),
            at: from_micros(at.value(row)),
            known_at: from_micros(known_at.value(row)),
            posted_id: posted_id(row),
            attributes: values(events, row, &EVENT_COLUMNS),
        })
        .collect()
}

/// Returns when each event was corrected or deleted, in microseconds; the greatest number if it still holds.
fn ends_of(events: &RecordBatch) -> Vec<i64> {
    match events.column_by_name("known_to") {
        Some(ends) => {
            ends.as_primitive::<TimestampMicrosecondType>().iter().map(|end| end.unwrap_or(i64::MAX)).collect()
        }
        None => vec![i64::MAX; events.num_rows()],
    }
}

fn column<'a>(batch: &'a RecordBatch, name: &str) -> &'a ArrayRef {
    batch.column_by_name(name).expect("the ground was written with this column")
}

fn values(batch: &RecordBatch, row: usize, without: &[&str]) -> BTreeMap<String, FieldValue> {
    batch
        .schema_ref()
        .fields()
        .iter()
        .zip(batch.columns())
        .filter(|(field, _)| !without.contains(&field.name().as_str()))
        .map(|(field, array)| (field.name().clone(), value(array, row)))
        .collect()
}

fn value(array: &ArrayRef, row: usize) -> FieldValue {
    if array.is_null(row) {
        return FieldValue::Missing;
    }
    match array.data_type() {
        DataType::Boolean => FieldValue::Flag(array.as_boolean().value(row)),
        DataType::Int64 => FieldValue::Number(array.as_primitive::<Int64Type>().value(row) as f64),
        DataType::Float64 => FieldValue::Number(array.as_primitive::<Float64Type>().value(row)),
        DataType::Timestamp(..) => {
            FieldValue::Text(from_micros(array.as_primitive::<TimestampMicrosecondType>().value(row)).to_rfc3339())
        }
        _ => FieldValue::Text(array.as_string::<i32>().value(row).to_owned()),
    }
}
