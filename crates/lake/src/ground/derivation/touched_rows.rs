//! The rows of the leads that something new is of, from the kept rows, and to which lead each belonged and belongs.

use std::collections::{BTreeSet, HashMap, HashSet};

use datafusion::arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use datafusion::arrow::compute::{concat_batches, filter_record_batch};

use super::block_file::BlockFile;
use super::identity::Identities;
use super::kept_events::{KeptFile, event_ids};
use super::kept_ids::keys_of_ids;
use super::kept_keys::KeptLead;
use super::kept_rows::{key_hash, rows_of_keys};
use super::order::ordered;
use super::shared_event_ids::id_hash;
use super::source_rows::with_leads;
use crate::error::Error;
use crate::ground::kept_folder::KeptFolder;

/// Before the new rows, or after them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Time {
    Before,
    Now,
}

/// Rows of some keys, read from the kept ones.
pub(super) struct TouchedRows<'a> {
    pub(super) folder: &'a KeptFolder,
    /// What was kept of each file of SQL, and what is new of it.
    pub(super) files: &'a [(&'a KeptFile, Option<&'a KeptFile>)],
    pub(super) identities: &'a Identities,
    /// The keys whose lead has changed, with the one before.
    pub(super) changed: &'a HashMap<String, Option<KeptLead>>,
    /// The hashes of the keys whose rows were read.
    pub(super) read: HashSet<u64>,
    /// The rows of each file: those of before, and the new ones.
    pub(super) rows: Vec<[Vec<RecordBatch>; 2]>,
}

impl TouchedRows<'_> {
    /// Returns the lead that a key belongs to at a time.
    pub(super) fn lead_at(&self, key: &str, time: Time) -> Option<(&str, bool)> {
        if time == Time::Before
            && let Some(before) = self.changed.get(key)
        {
            return before.as_ref().map(|lead| (lead.id.as_str(), lead.is_test));
        }
        let lead = self.identities.lead_of(key)?;
        Some((self.identities.lead_id(lead), self.identities.is_test(lead)))
    }

    /// Reads the rows of all keys of leads.
    pub(super) fn read_leads(&mut self, leads: &BTreeSet<String>) -> Result<(), Error> {
        let mut is_touched = vec![false; self.identities.len()];
        for id in leads {
            let lead = self.identities.lead_of(id).filter(|lead| self.identities.lead_id(*lead) == id);
            lead.into_iter().for_each(|lead| is_touched[lead as usize] = true);
        }
        let keys = self.identities.keys_of_leads().filter(|(_, lead)| is_touched[*lead as usize]);
        let hashes: Vec<u64> =
            keys.map(|(key, _)| key).chain(self.changed.keys().map(String::as_str)).map(key_hash).collect();
        self.read_keys(hashes)
    }

    /// Reads all rows that have some ids.
    pub(super) fn read_ids(&mut self, ids: &BTreeSet<u128>) -> Result<HashMap<u128, Vec<u64>>, Error> {
        let ids: Vec<u128> = ids.iter().copied().collect();
        let keys = keys_of_ids(self.folder, &self.id_files(), &ids)?;
        self.read_keys(keys.values().flatten().copied().collect())?;
        Ok(keys)
    }

    /// Returns the keys that have some ids.
    pub(super) fn keys_of_ids(&self, ids: &BTreeSet<u128>) -> Result<HashMap<u128, Vec<u64>>, Error> {
        keys_of_ids(self.folder, &self.id_files(), &ids.iter().copied().collect::<Vec<u128>>())
    }

    fn id_files(&self) -> Vec<&BlockFile> {
        self.files.iter().flat_map(|(kept, new)| kept.ids.iter().chain(new.iter().flat_map(|new| &new.ids))).collect()
    }

    /// Reads the rows of keys that were not read yet.
    fn read_keys(&mut self, mut hashes: Vec<u64>) -> Result<(), Error> {
        hashes.retain(|hash| !self.read.contains(hash));
        hashes.sort_unstable();
        hashes.dedup();
        self.read.extend(&hashes);
        for ((kept, new), rows) in self.files.iter().zip(&mut self.rows) {
            let schema = kept.schema();
            for (files, rows) in [Some(*kept), *new].into_iter().zip(rows) {
                for file in files.iter().flat_map(|file| &file.rows) {
                    let found = rows_of_keys(self.folder, file, &schema, &hashes)?;
                    rows.extend(Some(found).filter(|found| found.num_rows() > 0));
                }
            }
        }
        Ok(())
    }

    /// Calls `each` for each row that was read at a time: with its key, and the hash of its id if it has one.
    pub(super) fn each(&self, time: Time, mut each: impl FnMut(&str, Option<u128>)) {
        for (file, [before, new]) in (0..).zip(&self.rows) {
            let new = if time == Time::Now { new.as_slice() } else { &[] };
            for batch in before.iter().chain(new) {
                let (keys, ids) = (batch["lead_key"].as_string::<i32>(), event_ids(batch));
                for (row, key) in keys.iter().enumerate() {
                    let id = ids.filter(|ids| ids.is_valid(row)).map(|ids| id_hash(file, ids.value(row)));
                    each(key.unwrap_or_default(), id);
                }
            }
        }
    }

    /// Returns the rows of each file that `is_wanted` by their lead's id and the hash of their own, matched to leads that are
    /// numbered by `leads`. Rows of test leads and of no lead are left out.
    pub(super) fn matched<'b>(
        &'b self,
        time: Time,
        leads: &mut LeadNumbers<'b>,
        is_wanted: impl Fn(&str, Option<u128>) -> bool,
    ) -> Result<Vec<RecordBatch>, Error> {
        let doing = Error::engine::<datafusion::arrow::error::ArrowError>;
        let mut of_files = Vec::with_capacity(self.rows.len());
        for (file, ((kept, _), [before, new])) in (0..).zip(self.files.iter().zip(&self.rows)) {
            let new = if time == Time::Now { new.as_slice() } else { &[] };
            let (mut wanted, mut numbers) = (Vec::new(), Vec::new());
            for batch in before.iter().chain(new) {
                let (keys, ids) = (batch["lead_key"].as_string::<i32>(), event_ids(batch));
                let mut is_kept = Vec::with_capacity(keys.len());
                for (row, key) in keys.iter().enumerate() {
                    let id = ids.filter(|ids| ids.is_valid(row)).map(|ids| id_hash(file, ids.value(row)));
                    let lead = self.lead_at(key.unwrap_or_default(), time);
                    let lead = lead.filter(|(lead, is_test)| !is_test && is_wanted(lead, id));
                    is_kept.push(lead.is_some());
                    numbers.extend(lead.map(|(lead, _)| leads.number(lead)));
                }
                let rows = filter_record_batch(batch, &BooleanArray::from(is_kept));
                wanted.push(rows.map_err(doing("find the rows of leads"))?);
            }
            let rows = concat_batches(&kept.schema(), &wanted).map_err(doing("find the rows of leads"))?;
            of_files.push(ordered(with_leads(&rows, numbers)?)?);
        }
        Ok(of_files)
    }
}

/// Leads by numbers of their own.
#[derive(Default)]
pub(super) struct LeadNumbers<'a> {
    numbers: HashMap<&'a str, u32>,
    ids: Vec<&'a str>,
}

impl<'a> LeadNumbers<'a> {
    fn number(&mut self, lead: &'a str) -> u32 {
        *self.numbers.entry(lead).or_insert_with(|| {
            self.ids.push(lead);
            self.ids.len() as u32 - 1
        })
    }

    /// Returns the id of a lead.
    pub(super) fn id(&self, number: u32) -> &'a str {
        self.ids[number as usize]
    }
}
