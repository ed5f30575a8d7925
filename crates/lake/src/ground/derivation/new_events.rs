//! What is new of the events, beside those of the version before.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use datafusion::arrow::array::{Array, AsArray, RecordBatch};

use super::aside_folder::AsideFolder;
use super::derived_partition::DerivedPartition;
use super::event_reading::EventReading;
use super::fact_totals::FactTotals;
use super::kept_events::{Keeping, KeptEvents, KeptFile, are_of_rows, event_ids};
use super::kept_ids::{self, all_ids};
use super::kept_keys;
use super::key_notes::KeyNotes;
use super::queries::RawRows;
use super::relation_columns::event_columns;
use super::shared_event_ids::id_hash;
use super::touched_events::{NewRows, TouchedEvents, touched_events};
use super::touched_rows::{Time, TouchedRows};
use crate::error::Error;
use crate::ground::kept_folder::KeptFolder;
use crate::raw::{Part, RejectedRow};

/// If more than one in so many is new, all is derived: that reads in order what would be looked up here and there.
const MUCH: usize = 8;

/// The events of the leads that something new is of, and what was counted of all.
pub(super) struct NewEvents {
    pub(super) touched: TouchedEvents,
    pub(super) totals: FactTotals,
    /// The version before.
    pub(super) earlier: Vec<DerivedPartition>,
}

/// New rows that were read, and kept.
struct ReadNew {
    /// Of each file of SQL; `None` if nothing is new of its table.
    files: Vec<Option<KeptFile>>,
    rows: NewRows,
    keys: KeyNotes,
    rejected: Vec<RejectedRow>,
}

impl NewEvents {
    /// Reads what is new; `None` if all is to be read. `tables` has the raw table of each file. The rows that the next run
    /// needs are kept.
    pub(super) async fn read(
        reading: &EventReading<'_>,
        folder: &KeptFolder,
        kept: &KeptEvents,
        tables: &[String],
        aside: &mut AsideFolder,
    ) -> Result<Option<(NewEvents, KeptEvents)>, Error> {
        let identities = reading.leads.identities;
        let of_files = kept.files.iter().zip(tables);
        let Some(parts) = of_files.map(|(kept, table)| new_parts(&kept.parts, reading.parts(table))).collect() else {
            return Ok(None);
        };
        let changed = kept_keys::changed(folder, &kept.keys, identities)?;
        if changed.len() > identities.keys() / MUCH {
            return Ok(None);
        }
        let Some(new) = ReadNew::read(reading, folder, parts, tables, aside).await? else { return Ok(None) };
        let rows_of = |file: &KeptFile| file.rows.iter().map(|rows| rows.rows).sum::<u64>();
        let of_file = |(kept, new): (&KeptFile, &Option<KeptFile>)| rows_of(kept) + new.as_ref().map_or(0, rows_of);
        if kept.files.iter().zip(&new.files).any(|both| of_file(both) > reading.queries.limits().rows) {
            // That is an error, which a run over all rows tells.
            return Ok(None);
        }
        let files: Vec<_> = kept.files.iter().zip(new.files.iter().map(Option::as_ref)).collect();
        let (read, no_rows) = (HashSet::new(), files.iter().map(|_| [Vec::new(), Vec::new()]).collect());
        let mut rows = TouchedRows { folder, files: &files, identities, changed: &changed, read, rows: no_rows };
        let shared_before = all_ids(folder, &kept.shared_ids)?;
        let touched = touched_events(&mut rows, &new.rows, reading.files, &shared_before)?;
        let mut later = kept.clone();
        let (true, Some(counts)) = (later.count(&rows, &new.rows), kept.counts.without(touched.before)) else {
            // It was counted otherwise before.
            return Ok(None);
        };
        later.counts = counts;
        later.counts.add(touched.now);
        later.key_notes.merge(new.keys);
        later.rejected.extend(new.rejected);
        if !changed.is_empty() {
            later.keys = kept_keys::keep(folder, identities)?;
        }
        if touched.shared_ids != shared_before {
            later.shared_ids = kept_ids::keep(folder, &touched.shared_ids)?;
        }
        for (file, new) in later.files.iter_mut().zip(new.files) {
            new.into_iter().try_for_each(|new| file.add(folder, new))?;
        }
        let totals = later.totals(reading.files);
        let earlier = reading.earlier.partitions.to_vec();
        Ok(Some((NewEvents { touched, totals, earlier }, later)))
    }
}

/// Returns the parts that are new; `None` if those of before are not the first, or much is new.
fn new_parts(before: &[Part], now: Vec<Part>) -> Option<Vec<Part>> {
    let is_same = |one: &Part, other: &Part| (&one.path, one.learned_at) == (&other.path, other.learned_at);
    let begins = now.len() >= before.len() && before.iter().zip(&now).all(|(one, other)| is_same(one, other));
    let new = now.get(before.len()..).filter(|_| begins)?.to_vec();
    let bytes = |parts: &[Part]| parts.iter().map(|part| part.hash.as_ref().map_or(0, |hash| hash.bytes)).sum::<u64>();
    (bytes(&new) <= bytes(before) / MUCH as u64).then_some(new)
}

impl ReadNew {
    /// Runs the files of SQL over the new parts of their tables; `None` if only all rows tell what they rejected.
    async fn read(
        reading: &EventReading<'_>,
        folder: &KeptFolder,
        parts: Vec<Vec<Part>>,
        tables: &[String],
        aside: &mut AsideFolder,
    ) -> Result<Option<ReadNew>, Error> {
        let rows = NewRows { keys: HashMap::new(), ids: BTreeSet::new() };
        let mut new = ReadNew { files: Vec::new(), rows, keys: KeyNotes::default(), rejected: Vec::new() };
        for ((index, file), (parts, table)) in (0..).zip(reading.files).zip(parts.into_iter().zip(tables)) {
            if parts.is_empty() {
                new.files.push(None);
                continue;
            }
            let mut state = reading.raw.state.clone();
            state.tables.get_mut(table).into_iter().for_each(|table| table.parts.clone_from(&parts));
            // Few rows are not worth a cluster.
            let raw = RawRows { state: &state, cluster: None, ..*reading.raw };
            let queries = raw.queries(&[file]).await?;
            let (mut keeping, ReadNew { rows, keys, rejected, .. }) = (Keeping::at(folder, index), &mut new);
            let mut take = |batch: RecordBatch| {
                keys.add(&batch);
                rows.add(index, &batch);
                keeping.push(&batch, aside)
            };
            queries.each_batch(file, &event_columns(), rejected, &mut take).await?;
            new.files.push(keeping.finish(parts)?);
        }
        Ok(Some(new).filter(|new| are_of_rows(&new.rejected, reading.files)))
    }
}

impl NewRows {
    fn add(&mut self, file: u16, rows: &RecordBatch) {
        let (keys, ids) = (rows["lead_key"].as_string::<i32>(), event_ids(rows));
        for (row, key) in keys.iter().enumerate() {
            *self.keys.entry(key.unwrap_or_default().to_owned()).or_default() += 1;
            let id = ids.filter(|ids| ids.is_valid(row)).map(|ids| id_hash(file, ids.value(row)));
            self.ids.extend(id);
        }
    }
}

impl KeptEvents {
    /// Counts the rows of no lead and those of test leads anew, of the keys that are touched. Returns whether what was
    /// counted before has them.
    fn count(&mut self, rows: &TouchedRows<'_>, new: &NewRows) -> bool {
        let mut before: BTreeMap<&str, usize> = BTreeMap::new();
        let of_changed = |key: &str| rows.changed.get_key_value(key).map(|(key, _)| key.as_str());
        rows.each(Time::Before, |key, _| {
            of_changed(key).into_iter().for_each(|key| *before.entry(key).or_default() += 1);
        });
        for key in rows.changed.keys() {
            let count = before.get(key.as_str()).copied().unwrap_or(0);
            match rows.lead_at(key, Time::Before) {
                None => drop(self.unmatched.remove(key)),
                Some((_, true)) => match self.of_test_leads.checked_sub(count) {
                    Some(others) => self.of_test_leads = others,
                    None => return false,
                },
                Some((_, false)) => {}
            }
            self.add(key, count, rows);
        }
        new.keys.iter().for_each(|(key, count)| self.add(key, *count, rows));
        true
    }

    fn add(&mut self, key: &str, count: usize, rows: &TouchedRows<'_>) {
        match rows.lead_at(key, Time::Now) {
            None if count > 0 => *self.unmatched.entry(key.to_owned()).or_default() += count,
            Some((_, true)) => self.of_test_leads += count,
            _ => {}
        }
    }
}
