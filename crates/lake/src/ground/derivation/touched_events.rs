//! The events of the leads that something new is of: derived anew, while those of all others stay as they are.
//!
//! Something new is of a lead if it has a new row, if a key came to it or left it, or if one of its events is now, or is no
//! longer, an event of other leads too.

use std::collections::{BTreeSet, HashMap, HashSet};

use datafusion::arrow::array::{AsArray, BooleanArray, RecordBatch};
use datafusion::arrow::compute::{concat_batches, filter_record_batch};

use super::lead_facts::{FactCounts, LeadFacts, facts_of_leads, ordered};
use super::source_rows::SourceRows;
use super::touched_rows::{LeadNumbers, Time, TouchedRows};
use crate::error::Error;
use crate::sql_file::SqlFile;

/// What is new.
pub(super) struct NewRows {
    /// The new rows by their keys.
    pub(super) keys: HashMap<String, usize>,
    /// The hashes of their ids.
    pub(super) ids: BTreeSet<u128>,
}

/// The events of the touched leads.
pub(super) struct TouchedEvents {
    /// The ids of the leads.
    pub(super) leads: BTreeSet<String>,
    /// Their events, in order.
    pub(super) events: RecordBatch,
    /// What was counted of them and of the events that they share with others: before, and now.
    pub(super) before: FactCounts,
    pub(super) now: FactCounts,
    /// The ids that several leads have now.
    pub(super) shared_ids: HashSet<u128>,
}

/// Derives the events of the touched leads. `shared_before` are the ids that several leads had.
pub(super) fn touched_events(
    rows: &mut TouchedRows<'_>,
    new: &NewRows,
    sql_files: &[&SqlFile],
    shared_before: &HashSet<u128>,
) -> Result<TouchedEvents, Error> {
    let mut leads = touched_leads(rows, new);
    rows.read_leads(&leads)?;
    let mut ids = ids_to_look_at(rows, &new.ids, shared_before)?;
    ids.extend(shared_ids_of(rows, &leads, shared_before));
    rows.read_ids(&ids)?;
    let changes = SharedIds::among(rows, &ids, shared_before);
    // The others that have an event which became, or was, that of several leads.
    let of_changed = changes.leads_of_changed(rows);
    if !of_changed.is_subset(&leads) {
        leads.extend(of_changed);
        rows.read_leads(&leads)?;
        ids.extend(shared_ids_of(rows, &leads, shared_before));
        rows.read_ids(&ids)?;
    }
    let shared_ids = changes.after(shared_before);
    let before = Wanted { rows, leads: &leads, ids: &ids, shared: shared_before, time: Time::Before };
    let before = before.derive(sql_files)?.counts;
    let now = Wanted { rows, leads: &leads, ids: &ids, shared: &shared_ids, time: Time::Now }.derive(sql_files)?;
    Ok(TouchedEvents { leads, events: now.batch, before, now: now.counts, shared_ids })
}

/// Returns the leads that have new rows, or have got or lost a key.
fn touched_leads(rows: &TouchedRows<'_>, new: &NewRows) -> BTreeSet<String> {
    let keys = || new.keys.keys().chain(rows.changed.keys());
    let at = |time| keys().filter_map(move |key| Some(rows.lead_at(key, time)?.0.to_owned()));
    at(Time::Before).chain(at(Time::Now)).collect()
}

/// Returns the ids for which it may have changed whether several leads have them, and which several keys have or had.
fn ids_to_look_at(
    rows: &TouchedRows<'_>,
    new: &BTreeSet<u128>,
    shared_before: &HashSet<u128>,
) -> Result<BTreeSet<u128>, Error> {
    let mut ids = new.clone();
    rows.each(Time::Now, |key, id| {
        if rows.changed.contains_key(key) {
            ids.extend(id);
        }
    });
    let keys = rows.keys_of_ids(&ids)?;
    ids.retain(|id| shared_before.contains(id) || keys.get(id).is_some_and(|keys| keys.len() > 1));
    Ok(ids)
}

/// Returns the ids of rows of leads that other leads had too.
fn shared_ids_of(rows: &TouchedRows<'_>, leads: &BTreeSet<String>, shared_before: &HashSet<u128>) -> BTreeSet<u128> {
    let mut ids = BTreeSet::new();
    let is_of = |key: &str, time| rows.lead_at(key, time).is_some_and(|(lead, _)| leads.contains(lead));
    rows.each(Time::Now, |key, id| {
        let id = id.filter(|id| shared_before.contains(id));
        ids.extend(id.filter(|_| is_of(key, Time::Now) || is_of(key, Time::Before)));
    });
    ids
}

/// Ids that are shared by several leads now and were not, or the other way.
struct SharedIds {
    changed: HashMap<u128, bool>,
}

impl SharedIds {
    fn among(rows: &TouchedRows<'_>, ids: &BTreeSet<u128>, shared_before: &HashSet<u128>) -> SharedIds {
        let mut leads_of: HashMap<u128, BTreeSet<&str>> = ids.iter().map(|id| (*id, BTreeSet::new())).collect();
        rows.each(Time::Now, |key, id| {
            let Some(leads) = id.and_then(|id| leads_of.get_mut(&id)) else { return };
            leads.extend(rows.lead_at(key, Time::Now).filter(|(_, is_test)| !is_test).map(|(lead, _)| lead));
        });
        let now = leads_of.into_iter().map(|(id, leads)| (id, leads.len() > 1));
        SharedIds { changed: now.filter(|(id, is_shared)| shared_before.contains(id) != *is_shared).collect() }
    }

    /// Returns the leads that have or had such an event.
    fn leads_of_changed(&self, rows: &TouchedRows<'_>) -> BTreeSet<String> {
        let mut leads = BTreeSet::new();
        rows.each(Time::Now, |key, id| {
            if id.is_some_and(|id| self.changed.contains_key(&id)) {
                let of_times = [Time::Before, Time::Now].map(|time| rows.lead_at(key, time));
                leads.extend(of_times.into_iter().flatten().map(|(lead, _)| lead.to_owned()));
            }
        });
        leads
    }

    /// Returns the ids that several leads have now.
    fn after(&self, before: &HashSet<u128>) -> HashSet<u128> {
        let mut after = before.clone();
        for (id, is_shared) in &self.changed {
            if *is_shared {
                after.insert(*id)
            } else {
                after.remove(id)
            };
        }
        after
    }
}

/// The events to derive.
struct Wanted<'a, 'b> {
    rows: &'a TouchedRows<'b>,
    leads: &'a BTreeSet<String>,
    /// Those of the ids that several leads had or have which events of these leads have.
    ids: &'a BTreeSet<u128>,
    /// The ids that several leads have at the time.
    shared: &'a HashSet<u128>,
    time: Time,
}

impl Wanted<'_, '_> {
    /// Derives the events of the leads: those of their own, and of shared ids all, of which theirs are given back.
    fn derive(&self, sql_files: &[&SqlFile]) -> Result<LeadFacts, Error> {
        let doing = Error::engine::<datafusion::arrow::error::ArrowError>;
        let is_shared = |id: Option<u128>| id.is_some_and(|id| self.shared.contains(&id));
        let own = self.facts(sql_files, |lead, id| self.leads.contains(lead) && !is_shared(id))?;
        let is_looked_at = |id: Option<u128>| id.is_some_and(|id| self.ids.contains(&id));
        let of_several = self.facts(sql_files, |_, id| is_looked_at(id) && is_shared(id))?;
        let lead_ids = of_several.batch["lead_id"].as_string::<i32>();
        let is_theirs: BooleanArray =
            lead_ids.iter().map(|lead| Some(lead.is_some_and(|lead| self.leads.contains(lead)))).collect();
        let theirs = filter_record_batch(&of_several.batch, &is_theirs).map_err(doing("find the events of leads"))?;
        let batch = concat_batches(&own.batch.schema(), [&own.batch, &theirs]);
        let batch = ordered(&batch.map_err(doing("unite the events of leads"))?)?;
        let mut counts = own.counts;
        counts.add(of_several.counts);
        Ok(LeadFacts { batch, counts })
    }

    fn facts(
        &self,
        sql_files: &[&SqlFile],
        is_wanted: impl Fn(&str, Option<u128>) -> bool,
    ) -> Result<LeadFacts, Error> {
        let mut leads = LeadNumbers::default();
        let rows = self.rows.matched(self.time, &mut leads, is_wanted)?;
        facts_of_leads(&SourceRows::unite(sql_files, rows)?, |lead| leads.id(lead))
    }
}
