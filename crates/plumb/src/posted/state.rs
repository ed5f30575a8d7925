//! What a server knows of posted rows: the newest ids, and the rows that the ground does not have yet.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use plumb_lake::{FieldKind, Lake, PostedRelation};
use plumb_lead::FieldValue;

use super::outcome::PostStatus;
use super::overlay::{Overlay, row_bytes};
use super::presence::Presence;
use super::recent_ids::RecentIds;
use super::recovery::{Recovered, RecoveredFrom};
use super::refusal::Refusal;
use super::row::{LeadRow, hash};
use super::row_to_post::RowToPost;
use super::values::{fitting, json_value};

/// Names of fields that no column of the ground has and that get a raw column of their own all the same, of each relation.
/// What comes beyond is kept in one text, so that callers cannot make more columns than a source may have.
const NAMES_MAX: usize = 500;

/// What fits the fields of each relation.
pub(super) struct FieldKinds {
    lead: BTreeMap<String, FieldKind>,
    event: BTreeMap<String, FieldKind>,
}

/// What a server knows of posted rows.
#[derive(Debug)]
pub(super) struct State {
    pub(super) overlay: Overlay,
    pub(super) ids: RecentIds,
    /// The number of the newest row.
    pub(super) written: u64,
    /// Names that only raw rows have.
    names: HashMap<PostedRelation, BTreeSet<String>>,
}

impl FieldKinds {
    pub(super) fn of(lake: &Lake) -> FieldKinds {
        let [lead, event] = [PostedRelation::Lead, PostedRelation::Event].map(|relation| lake.field_kinds(relation));
        FieldKinds { lead, event }
    }

    fn relation(&self, row: &RowToPost) -> (PostedRelation, &BTreeMap<String, FieldKind>) {
        match row {
            RowToPost::Lead(_) => (PostedRelation::Lead, &self.lead),
            RowToPost::Event(_) => (PostedRelation::Event, &self.event),
        }
    }
}

impl State {
    pub(super) fn new(ids: RecentIds) -> State {
        State { overlay: Overlay::default(), ids, written: 0, names: HashMap::new() }
    }

    pub(super) fn bytes(&self) -> usize {
        self.overlay.size().1 + self.ids.bytes()
    }

    /// Decides what becomes of a row, and leaves it with the fields that are stored. `seen` has the ids of the same request.
    pub(super) fn accept(
        &mut self,
        row: &mut RowToPost,
        kinds: &FieldKinds,
        is_lenient: bool,
        seen: &mut HashMap<u64, u64>,
    ) -> (PostStatus, Vec<String>) {
        let (relation, kinds) = kinds.relation(row);
        let unused = match self.fit(row, relation, kinds, is_lenient) {
            Ok(unused) => unused,
            Err(refusal) => return (PostStatus::Refused(refusal), Vec::new()),
        };
        let (id, content) = (row.hashed_id(), row.content());
        let before = seen.insert(id, content).or_else(|| self.ids.get(id));
        let status = match (before, &*row) {
            (Some(before), _) if before == content => PostStatus::Duplicate,
            (Some(_), RowToPost::Event(_)) => PostStatus::Corrected,
            _ => PostStatus::Accepted,
        };
        if status == PostStatus::Accepted && self.leave_out_overtaken(row, seen) {
            return (PostStatus::Overtaken, unused);
        }
        (status, unused)
    }

    /// Sorts a row's fields: those of the ground in its kinds, others as they are.
    pub(super) fn fit(
        &mut self,
        row: &mut RowToPost,
        relation: PostedRelation,
        kinds: &BTreeMap<String, FieldKind>,
        is_lenient: bool,
    ) -> Result<Vec<String>, Refusal> {
        let (fields, others) = row.fields_mut();
        let names = self.names.entry(relation).or_default();
        let mut unused: Vec<String> = others.keys().cloned().collect();
        for (name, value) in std::mem::take(fields) {
            let fitted = match kinds.get(&name) {
                Some(kind) if is_lenient => fitting(*kind, &value),
                Some(kind) if kind.fits(&value) => Some(value.clone()),
                Some(kind) => {
                    let found = json_value(&value);
                    return Err(Refusal::new(name, format!("is `{found}`: expected {}", kind.expected())));
                }
                None => {
                    unused.push(name.clone());
                    (names.contains(&name) || names.len() < NAMES_MAX).then(|| {
                        names.insert(name.clone());
                        value.clone()
                    })
                }
            };
            match fitted {
                Some(value) => drop(fields.insert(name, value)),
                None => {
                    if kinds.contains_key(&name) {
                        unused.push(name.clone());
                    }
                    others.insert(name, json_value(&value));
                }
            }
        }
        Ok(unused)
    }

    /// Takes the fields out of a row of which a newer change came before, in this request (`seen`) or in an earlier one; returns
    /// whether that are all of them.
    fn leave_out_overtaken(&self, row: &mut RowToPost, seen: &mut HashMap<u64, u64>) -> bool {
        let RowToPost::Lead(LeadRow { lead_key, said_at: Some(said_at), presence, fields, others, .. }) = row else {
            return false;
        };
        let count = fields.len() + usize::from(presence.is_some());
        let said = said_at.timestamp_micros().unsigned_abs();
        let mut is_overtaken = |id: u64| {
            let newest = seen.get(&id).copied().max(self.ids.get(id)).unwrap_or(0).max(said);
            seen.insert(id, newest);
            newest > said
        };
        let overtaken: Vec<String> =
            fields.keys().filter(|name| is_overtaken(change_id(lead_key, name))).cloned().collect();
        for name in overtaken {
            let value = fields.remove(&name).unwrap_or(FieldValue::Missing);
            others.insert(name, json_value(&value));
        }
        if presence.as_ref().is_some_and(Presence::is_replaceable) && is_overtaken(presence_id(lead_key)) {
            let word = if presence.take().is_some_and(|presence| presence.is_gone()) { "deleted" } else { "restored" };
            others.insert("overtaken".to_owned(), word.into());
        }
        count > 0 && fields.is_empty() && presence.is_none()
    }

    /// Remembers a row that is on the disk by its id.
    pub(super) fn remember(&mut self, row: &RowToPost, content: u64) {
        self.ids.put(row.hashed_id(), content);
        if let RowToPost::Lead(LeadRow { lead_key, .. }) = row {
            // Whoever says the same as before says it again if something else came in between.
            self.ids.put(LeadRow::hashed_id(&LeadRow::id_of_key(lead_key)), content);
        }
        if let RowToPost::Lead(LeadRow { lead_key, said_at: Some(said_at), presence, fields, .. }) = row {
            let said = said_at.timestamp_micros().unsigned_abs();
            for name in fields.keys() {
                self.ids.put(change_id(lead_key, name), said);
            }
            if presence.as_ref().is_some_and(Presence::is_replaceable) {
                self.ids.put(presence_id(lead_key), said);
            }
        }
    }

    pub(super) fn add(&mut self, row: RowToPost, received_at: DateTime<Utc>, place: (&Arc<str>, u64), line: usize) {
        match row {
            RowToPost::Event(row) => self.overlay.add_event(row, received_at, place, row_bytes(line)),
            RowToPost::Lead(row) => self.overlay.add_lead(row, received_at, place, row_bytes(line)),
        }
    }

    pub(super) fn recover(
        &mut self,
        row: Recovered,
        from: &RecoveredFrom,
        own_sql: &BTreeSet<PostedRelation>,
        kinds: &FieldKinds,
        bytes_max: usize,
        left_out: &mut usize,
    ) {
        let row = match row {
            Recovered::Event(row) => RowToPost::Event(row),
            Recovered::Lead(row) => RowToPost::Lead(row),
        };
        let (relation, kinds) = kinds.relation(&row);
        let unknown = row.fields().keys().filter(|name| !kinds.contains_key(*name)).cloned();
        self.names.entry(relation).or_default().extend(unknown);
        self.written = self.written.max(from.receipt.written);
        self.remember(&row, from.receipt.content());
        if !from.is_news || own_sql.contains(&relation) {
            return;
        }
        if self.bytes() + row_bytes(from.line) > bytes_max {
            *left_out += 1;
            return;
        }
        self.add(row, from.received_at, (&from.file, from.end), from.line);
    }
}

/// Returns the id under which it is remembered when a field of a lead was changed.
fn change_id(lead_key: &str, field: &str) -> u64 {
    hash(&("changed", lead_key, field))
}

/// Returns the id under which it is remembered when a lead was deleted or restored.
fn presence_id(lead_key: &str) -> u64 {
    hash(&("presence", lead_key))
}
