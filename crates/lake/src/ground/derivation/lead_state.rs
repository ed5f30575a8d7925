//! What the files say of one lead at a time: each file of each of its keys for itself, so that one key's empty cells do not
//! erase what another said.

use std::cmp::Ordering;

use super::source_rows::SourceRows;

/// Compares the values of a field in two rows.
pub(super) type Comparator = Box<dyn Fn(usize, usize) -> Ordering + Send + Sync>;

/// A row of a lead, as far as a state reads it.
#[derive(Clone, Copy, Debug)]
pub(super) struct LeadRow<'a> {
    pub(super) row: usize,
    pub(super) file: u16,
    pub(super) key: &'a str,
    /// Whether it and those of its time say all that its file has of the lead, so that an empty field is empty then.
    pub(super) is_whole: bool,
    /// When it was known by its file; `None` if from the start.
    pub(super) known_at: Option<i64>,
    /// From when it counts.
    pub(super) from: i64,
    /// Since when the lead is deleted, as the row says.
    pub(super) deleted_at: Option<i64>,
    pub(super) has_creation: bool,
}

/// The value of a field.
#[derive(Clone, Copy, Debug)]
struct Value {
    row: usize,
    /// Since when it has this value.
    since: i64,
    /// Of values of one time the one that was set last is the newer one.
    number: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Presence {
    There,
    /// A later run of an undated file no longer had it.
    Gone(i64),
    /// Its source says that it is deleted.
    Deleted(i64),
}

/// What one file says of one key.
struct OfKey<'a> {
    file: u16,
    key: &'a str,
    is_whole: bool,
    /// When the row that was read last was known.
    last: Option<i64>,
    values: Vec<Option<Value>>,
    /// The values before the rows of the current time.
    before: Vec<Option<Value>>,
    presence: Presence,
}

/// What all files say of all keys of a lead.
pub(super) struct LeadState<'a> {
    fields: usize,
    of_keys: Vec<OfKey<'a>>,
    number: usize,
}

/// How a lead ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct End {
    /// From when it is no longer there.
    pub(super) at: i64,
    /// The files that no longer have it; empty if its source says that it is deleted.
    pub(super) gone_from: Vec<u16>,
}

impl<'a> LeadState<'a> {
    pub(super) fn new(fields: usize) -> Self {
        LeadState { fields, of_keys: Vec::new(), number: 0 }
    }

    /// Adds a row, which is known no earlier than those before.
    pub(super) fn add(&mut self, row: LeadRow<'a>, rows: &SourceRows, fields: &[(usize, Comparator)]) {
        let fields_count = self.fields;
        let is_of = |state: &OfKey| (state.file, state.is_whole, state.key) == (row.file, row.is_whole, row.key);
        let known = self.of_keys.iter().position(is_of);
        let is_first = known.is_none_or(|position| self.of_keys[position].last != row.known_at);
        let position = known.unwrap_or_else(|| {
            self.of_keys.push(OfKey::new(&row, fields_count));
            self.of_keys.len() - 1
        });
        let state = &mut self.of_keys[position];
        if is_first {
            state.begin(&row);
        }
        if let Some(deleted_at) = row.deleted_at {
            // A delete counts once it was heard of. What a run no longer found is a row that only says so.
            let is_gone = row.is_whole && !row.has_creation && row.known_at == Some(deleted_at);
            let at = deleted_at.max(row.from);
            state.presence = if is_gone { Presence::Gone(at) } else { Presence::Deleted(at) };
        }
        for (field, (column, compare)) in fields.iter().enumerate() {
            if rows.batch.column(*column).is_valid(row.row) {
                self.number += 1;
                let is_same = |before: &Value| compare(before.row, row.row).is_eq();
                let same = state.before[field].filter(is_same);
                let new = Value { row: row.row, since: row.from, number: self.number };
                state.values[field] = Some(same.unwrap_or(new));
            }
        }
    }

    /// Returns the row that has the value of a field: the newest one of all keys.
    pub(super) fn value_row(&self, field: usize) -> Option<u32> {
        let values = self.of_keys.iter().filter_map(|state| state.values[field]);
        values.max_by_key(|value| (value.since, value.number)).map(|value| value.row as u32)
    }

    /// Returns how the lead ended; `None` while one of its keys is there.
    pub(super) fn end(&self) -> Option<End> {
        let mut keys: Vec<&str> = self.of_keys.iter().map(|state| state.key).collect();
        keys.sort_unstable();
        keys.dedup();
        let mut end = End { at: i64::MIN, gone_from: Vec::new() };
        for key in keys {
            let (at, gone_from) = self.end_of_key(key)?;
            end.at = end.at.max(at);
            end.gone_from.extend(gone_from);
        }
        end.gone_from.sort_unstable();
        end.gone_from.dedup();
        Some(end)
    }

    /// Returns since when a key is no longer there, and the files that no longer have it. A delete that a source writes
    /// down counts whatever other files have; a row that is gone counts unless another undated file still has it, and
    /// whatever files of dated rows have, which only ever grow.
    fn end_of_key(&self, key: &str) -> Option<(i64, Vec<u16>)> {
        let states = || self.of_keys.iter().filter(|state| state.key == key);
        let deleted = states().filter_map(|state| match state.presence {
            Presence::Deleted(at) => Some(at),
            _ => None,
        });
        if let Some(at) = deleted.min() {
            return Some((at, Vec::new()));
        }
        if states().any(|state| state.is_whole && state.presence == Presence::There) {
            return None;
        }
        let gone = states().filter_map(|state| match state.presence {
            Presence::Gone(at) => Some((at, state.file)),
            _ => None,
        });
        let gone: Vec<(i64, u16)> = gone.collect();
        let at = gone.iter().map(|(at, _)| *at).max()?;
        Some((at, gone.into_iter().map(|(_, file)| file).collect()))
    }
}

impl<'a> OfKey<'a> {
    fn new(row: &LeadRow<'a>, fields: usize) -> Self {
        OfKey {
            file: row.file,
            key: row.key,
            is_whole: row.is_whole,
            last: None,
            values: vec![None; fields],
            before: vec![None; fields],
            presence: Presence::There,
        }
    }

    /// Begins the rows of a later time. What a deleted row leaves empty is as it was before the delete.
    fn begin(&mut self, row: &LeadRow<'a>) {
        self.last = row.known_at;
        self.before.clone_from(&self.values);
        self.presence = Presence::There;
        if row.is_whole && row.deleted_at.is_none() {
            self.values.fill(None);
        }
    }
}
