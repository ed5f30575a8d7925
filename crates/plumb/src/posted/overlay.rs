//! The posted rows that the ground does not have yet, in memory, by the key of their lead.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Weak};

use chrono::{DateTime, Utc};
use plumb_lake::{FieldKind, Lake, POSTED_EVENTS, POSTED_LEADS, PostedRelation};
use plumb_lead::{Event, FieldValue, Lead};

use super::presence::Presence;
use super::row::{EventRow, LeadRow};

/// The memory of a row beside its texts: its place in the map, and its values as nodes of trees.
const ROW_BYTES: usize = 512;

/// So many times the length of its line a row has in memory.
const LINE_COPIES: usize = 4;

/// A lead with its events, as a version of the ground has it.
pub(super) type KnownLead = (Lead, Vec<Event>);

/// The rows that a version of the ground may not have.
#[derive(Debug, Default)]
pub(super) struct Overlay {
    rows: HashMap<String, Vec<Row>>,
    /// The lead's key of each event.
    keys_of_events: HashMap<String, String>,
    count: usize,
    bytes: usize,
    latest: LatestVersion,
}

/// A row, and where its line ends.
#[derive(Debug)]
struct Row {
    file: Arc<str>,
    end: u64,
    bytes: usize,
    received_at: DateTime<Utc>,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Event(Event),
    Lead { created_at: Option<DateTime<Utc>>, presence: Option<Presence>, fields: BTreeMap<String, FieldValue> },
}

/// The version of the ground that requests begin with, and those that requests under way still read.
#[derive(Debug, Default)]
struct LatestVersion {
    lake: Weak<Lake>,
    earlier: Vec<Weak<Lake>>,
    is_pruned: bool,
}

/// Returns about how much memory a row of a line needs.
pub(super) fn row_bytes(line: usize) -> usize {
    ROW_BYTES + LINE_COPIES * line
}

impl Overlay {
    /// Adds an event whose line ends at a byte of a file; what was there under its id is replaced.
    pub(super) fn add_event(
        &mut self,
        row: EventRow,
        received_at: DateTime<Utc>,
        (file, end): (&Arc<str>, u64),
        bytes: usize,
    ) {
        if let Some(key) = self.keys_of_events.insert(row.event_id.clone(), row.lead_key.clone()) {
            let event_id = row.event_id.clone();
            self.remove(
                &key,
                |known| matches!(&known.content, Content::Event(event) if event.posted_id.as_ref() == Some(&event_id)),
            );
        }
        let key = row.lead_key.clone();
        self.add(
            key,
            Row { file: file.clone(), end, bytes, received_at, content: Content::Event(row.into_event(received_at)) },
        );
    }

    /// Adds fields of a lead whose line ends at a byte of a file.
    pub(super) fn add_lead(
        &mut self,
        row: LeadRow,
        received_at: DateTime<Utc>,
        (file, end): (&Arc<str>, u64),
        bytes: usize,
    ) {
        let LeadRow { lead_key, created_at, presence, fields, .. } = row;
        let content = Content::Lead { created_at, presence, fields };
        self.add(lead_key, Row { file: file.clone(), end, bytes, received_at, content });
    }

    fn add(&mut self, key: String, row: Row) {
        self.count += 1;
        self.bytes += row.bytes;
        self.rows.entry(key).or_default().push(row);
    }

    fn remove(&mut self, key: &str, is_unwanted: impl Fn(&Row) -> bool) {
        let Some(rows) = self.rows.get_mut(key) else { return };
        rows.retain(|row| {
            let stays = !is_unwanted(row);
            if !stays {
                self.count -= 1;
                self.bytes -= row.bytes;
            }
            stays
        });
        if rows.is_empty() {
            self.rows.remove(key);
        }
    }

    /// Returns how many rows there are, and about how many bytes they need.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.count, self.bytes)
    }

    /// Returns whether there is a lead of this key that the ground may not have.
    pub(super) fn has_lead(&self, key: &str) -> bool {
        let creates = |row: &Row| matches!(row.content, Content::Lead { created_at: Some(_), .. });
        self.rows.get(key).is_some_and(|rows| rows.iter().any(creates))
    }

    /// Returns whether the newest row that speaks of it says that the record of a lead is gone.
    pub(super) fn is_gone(&self, key: &str) -> bool {
        is_gone(self.rows.get(key).into_iter().flatten())
    }

    /// Returns a lead as it was known at a time with the rows that this version of the ground does not have, and whether
    /// there are any.
    pub(super) fn apply(
        &self,
        lake: &Lake,
        key: &str,
        as_of: DateTime<Utc>,
        known: Option<KnownLead>,
    ) -> (Option<KnownLead>, bool) {
        let is_news = |row: &&Row| row.received_at <= as_of && !row.is_in(lake);
        let news: Vec<&Row> = self.rows.get(key).into_iter().flatten().filter(is_news).collect();
        let replaced = |event: &Event| self.is_replaced(lake, event, as_of);
        if news.is_empty() && !known.iter().flat_map(|(_, events)| events).any(replaced) {
            return (known, false);
        }
        if is_gone(news.iter().copied()) {
            return (None, true);
        }
        let created_at = news.iter().filter_map(|row| row.created_at()).min();
        let (mut lead, mut events) = match (known, created_at) {
            (Some(known), _) => known,
            (None, Some(created_at)) if created_at <= as_of => {
                (Lead { lead_id: key.to_owned(), created_at, fields: BTreeMap::new() }, Vec::new())
            }
            // Nobody has said yet that this is a lead.
            (None, _) => return (None, false),
        };
        lead.created_at = created_at.map_or(lead.created_at, |created_at| created_at.min(lead.created_at));
        let [of_leads, of_events] =
            [PostedRelation::Lead, PostedRelation::Event].map(|relation| lake.field_kinds(relation));
        events.retain(|event| !replaced(event));
        for row in news {
            match &row.content {
                Content::Event(event) => {
                    let attributes = fitting(&of_events, &event.attributes).collect();
                    events.push(Event { attributes, ..event.clone() });
                }
                Content::Lead { fields, .. } => {
                    let said = fitting(&of_leads, fields).filter(|(_, value)| *value != FieldValue::Missing);
                    lead.fields.extend(said);
                }
            }
        }
        (Some((lead, events)), true)
    }

    /// Returns whether an event of the ground was corrected since.
    fn is_replaced(&self, lake: &Lake, event: &Event, as_of: DateTime<Utc>) -> bool {
        let Some(event_id) = &event.posted_id else { return false };
        let Some(now_of) = self.keys_of_events.get(event_id) else { return false };
        let is_newer = |row: &Row| match &row.content {
            Content::Event(newer) => {
                newer.posted_id.as_ref() == Some(event_id) && row.received_at <= as_of && !row.is_in(lake)
            }
            Content::Lead { .. } => false,
        };
        self.rows.get(now_of).is_some_and(|rows| rows.iter().any(is_newer))
    }

    /// Notes that requests begin with a version of the ground. What it has is forgotten once no request reads an earlier one.
    /// Returns whether something was forgotten.
    pub(super) fn note_version(&mut self, lake: &Arc<Lake>) -> bool {
        let weak = Arc::downgrade(lake);
        let LatestVersion { lake: latest, earlier, is_pruned } = &mut self.latest;
        if !latest.ptr_eq(&weak) {
            if earlier.iter().any(|earlier| earlier.ptr_eq(&weak)) {
                return false;
            }
            earlier.push(std::mem::replace(latest, weak));
            *is_pruned = false;
        }
        earlier.retain(|earlier| earlier.strong_count() > 0);
        if *is_pruned || !earlier.is_empty() {
            return false;
        }
        *is_pruned = true;
        self.forget_rows_of(lake);
        true
    }

    fn forget_rows_of(&mut self, lake: &Lake) {
        let keys: Vec<String> = self.rows.keys().cloned().collect();
        for key in keys {
            self.remove(&key, |row| row.is_in(lake));
        }
        let events = |rows: &Vec<Row>| rows.iter().filter_map(Row::event_id).cloned().collect::<Vec<String>>();
        let left: BTreeSet<String> = self.rows.values().flat_map(events).collect();
        self.keys_of_events.retain(|event_id, _| left.contains(event_id));
    }
}

impl Row {
    /// Returns whether a version of the ground has the row.
    fn is_in(&self, lake: &Lake) -> bool {
        let source = match self.content {
            Content::Event(_) => POSTED_EVENTS,
            Content::Lead { .. } => POSTED_LEADS,
        };
        lake.posted_bytes(source).and_then(|files| files.get(&*self.file)).is_some_and(|bytes| *bytes >= self.end)
    }

    fn created_at(&self) -> Option<DateTime<Utc>> {
        if let Content::Lead { created_at, .. } = &self.content { *created_at } else { None }
    }

    fn presence(&self) -> Option<&Presence> {
        if let Content::Lead { presence, .. } = &self.content { presence.as_ref() } else { None }
    }

    fn event_id(&self) -> Option<&String> {
        if let Content::Event(event) = &self.content { event.posted_id.as_ref() } else { None }
    }
}

/// Returns whether the newest of the rows of a lead that speaks of it says that its record is gone.
fn is_gone<'a>(rows: impl DoubleEndedIterator<Item = &'a Row>) -> bool {
    rows.rev().find_map(Row::presence).is_some_and(Presence::is_gone)
}

/// Returns the fields that a relation has, of those whose values fit.
fn fitting<'a>(
    kinds: &'a BTreeMap<String, FieldKind>,
    fields: &'a BTreeMap<String, FieldValue>,
) -> impl Iterator<Item = (String, FieldValue)> + 'a {
    let fits = |name: &str, value: &FieldValue| kinds.get(name).is_some_and(|kind| kind.fits(value));
    fields.iter().filter(move |(name, value)| fits(name, value)).map(|(name, value)| (name.clone(), value.clone()))
}
