//! The CRM's records of people: the first, duplicates, and tests.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::calendar::{DAY, END, HOUR, Timestamp};
use crate::people::Person;

/// Number of the first lead.
pub(super) const FIRST_ID: i64 = 10_001;
/// Share of the people who are entered twice.
const DUPLICATE_SHARE: f64 = 0.04;
/// Share of the records that were made to try a form.
const TEST_SHARE: f64 = 0.012;

/// One line of the CRM's table of leads.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) id: i64,
    pub(crate) created_at: Timestamp,
    pub(crate) kind: RecordKind,
}

/// Whom a record is about, by position among the people.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum RecordKind {
    /// The person's first record.
    First(usize),
    /// The same person, entered again under the same address.
    Duplicate(usize),
    /// The same person under another address; a rep noticed and noted the first record.
    Merged(usize),
    /// No person.
    Test,
}

/// Returns the CRM's records in the order of their numbers.
pub(crate) fn records(rng: &mut ChaCha8Rng, people: &[Person]) -> Vec<Record> {
    let mut records = Vec::with_capacity(people.len() + people.len() / 10);
    for (index, person) in people.iter().enumerate() {
        let created_at = person.profile.created_at;
        records.push(Record { id: 0, created_at, kind: RecordKind::First(index) });
        if rng.random_bool(DUPLICATE_SHARE) {
            let kind = if rng.random_bool(0.6) { RecordKind::Duplicate(index) } else { RecordKind::Merged(index) };
            let created_at = created_at + rng.random_range(9 * DAY..60 * DAY);
            records.push(Record { id: 0, created_at, kind });
        }
        if rng.random_bool(TEST_SHARE) {
            records.push(Record { id: 0, created_at: created_at + HOUR, kind: RecordKind::Test });
        }
    }
    records.retain(|record| record.created_at < END);
    records.sort_by_key(|record| record.created_at);
    for (position, record) in records.iter_mut().enumerate() {
        record.id = FIRST_ID + position as i64;
    }
    records
}

/// Returns the number of each person's first record.
pub(crate) fn first_ids(records: &[Record], people: usize) -> Vec<i64> {
    let mut ids = vec![0; people];
    for record in records {
        if let RecordKind::First(index) = record.kind {
            ids[index] = record.id;
        }
    }
    ids
}
