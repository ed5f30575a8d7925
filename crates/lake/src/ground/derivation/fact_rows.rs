//! The rows of events or outcomes, matched to their leads and written aside by partition; unmatched rows are counted.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::arrow::array::{Array, AsArray, BooleanArray, RecordBatch, UInt32Array};
use datafusion::arrow::compute::{concat_batches, filter_record_batch, take_record_batch};

use super::aside_folder::AsideFolder;
use super::fact_totals::FactTotals;
use super::identity::Identities;
use super::kept_events::Keeping;
use super::key_notes::KeyNotes;
use super::lead_facts::{self, FactCounts, LeadFacts, facts_of_leads};
use super::lead_history::known_at;
use super::lead_ranges::rows_before;
use super::order::ordered;
use super::partitions::Partitions;
use super::queries::Queries;
use super::relation_columns::RequiredColumn;
use super::rows_aside::RowsAside;
use super::shared_event_ids::{EventIds, SharedEventIds};
use super::source_rows::{SourceRows, with_leads};
use super::undated::undated;
use crate::error::Error;
use crate::raw::RejectedRow;
use crate::sql_file::SqlFile;

/// The rows of a relation by partition.
pub(super) struct FactRows {
    files: Vec<RowsAside>,
    /// Events that were first of one lead and then of another.
    moved: MovedFacts,
    pub(super) totals: FactTotals,
}

/// Facts whose ids several leads have.
#[derive(Default)]
struct MovedFacts {
    ids: SharedEventIds,
    /// Those that are kept, of all leads, in their order.
    facts: Option<RecordBatch>,
}

/// The rows of a partition.
pub(super) struct FactsOfPartition {
    /// Those of each file, but for the ones whose ids several leads have.
    pub(super) rows: Vec<RecordBatch>,
    /// The facts of its leads whose ids others have too.
    pub(super) moved: Option<RecordBatch>,
}

/// The leads that rows are matched to.
#[derive(Clone, Copy)]
pub(super) struct KnownLeads<'a> {
    pub(super) identities: &'a Identities,
    pub(super) partitions: &'a Partitions,
}

impl FactRows {
    /// Runs the files of a relation.
    pub(super) async fn read(
        queries: &Queries,
        (relation, required): (&str, &[RequiredColumn]),
        sql_files: &[&SqlFile],
        leads: KnownLeads<'_>,
        aside: &mut AsideFolder,
        rejected: &mut Vec<RejectedRow>,
        keeping: &mut [Keeping<'_>],
    ) -> Result<FactRows, Error> {
        let mut event_ids = EventIds::new(aside.path(), relation)?;
        let mut matching = Matching { leads, keys: KeyNotes::default(), unmatched: BTreeMap::new(), of_test_leads: 0 };
        let (mut files, mut undated_files) = (Vec::with_capacity(sql_files.len()), Vec::new());
        for (index, file) in sql_files.iter().enumerate() {
            let (mut sorted, mut undated_rows) = (None, 0);
            let mut take = |rows: RecordBatch| {
                undated_rows += known_at(&rows).null_count();
                keeping.get_mut(index).map_or(Ok(()), |keeping| keeping.push(&rows, aside))?;
                let (rows, of_leads) = matching.matched(&rows)?;
                add_event_ids(&mut event_ids, index as u16, &rows, &of_leads)?;
                let partition_of = of_leads.iter().map(|lead| leads.partitions.partition_of(*lead));
                let partition_of: Vec<u32> = partition_of.collect();
                let rows = with_leads(&rows, of_leads)?;
                let sorted = sorted.get_or_insert_with(|| aside.begin(rows.schema()));
                sorted.push(rows, partition_of)
            };
            queries.each_batch(file, required, rejected, &mut take).await?;
            let sorted: RowsAside = sorted.expect("a query has at least one batch");
            undated_files.extend(undated(relation, file, &sorted.schema(), undated_rows));
            files.push(sorted.finish()?);
        }
        let Matching { keys, unmatched, of_test_leads, .. } = matching;
        let moved = MovedFacts { ids: event_ids.finish()?, facts: None };
        let counts = FactCounts::default();
        let totals = FactTotals { undated: undated_files, keys, unmatched, of_test_leads, counts };
        let mut rows = FactRows { files, moved, totals };
        rows.derive_moved(sql_files, leads)?;
        Ok(rows)
    }

    /// Returns the rows of a partition, whose leads have the ids from the first to before the end.
    pub(super) fn of_partition(
        &self,
        partition: u32,
        (first, end): (&str, Option<&str>),
    ) -> Result<FactsOfPartition, Error> {
        let rows = self.rows(partition, |file, rows| self.with_ids(rows, file, false));
        Ok(FactsOfPartition { rows: rows.collect::<Result<_, Error>>()?, moved: self.moved.between(first, end) })
    }

    /// Returns the ids that several leads have.
    pub(super) fn shared_ids(&self) -> &SharedEventIds {
        &self.moved.ids
    }

    /// Derives the facts whose ids several leads have: all of them together.
    fn derive_moved(&mut self, sql_files: &[&SqlFile], leads: KnownLeads<'_>) -> Result<(), Error> {
        let with_moved = self.moved.ids.leads().iter().map(|lead| leads.partitions.partition_of(*lead));
        let with_moved: BTreeSet<u32> = with_moved.collect();
        if with_moved.is_empty() {
            return Ok(());
        }
        let mut of_files: Vec<Vec<RecordBatch>> = self.files.iter().map(|_| Vec::new()).collect();
        for partition in with_moved {
            let rows = self.rows(partition, |file, rows| self.with_ids(rows, file, true));
            for (of_file, rows) in of_files.iter_mut().zip(rows) {
                of_file.push(rows?);
            }
        }
        let united = of_files.iter().zip(&self.files).map(|(of_file, file)| {
            let rows =
                concat_batches(&file.schema(), of_file).map_err(Error::engine("unite the events of several leads"));
            ordered(rows?)
        });
        let rows = SourceRows::unite(sql_files, united.collect::<Result<Vec<RecordBatch>, Error>>()?)?;
        let facts = facts_of_leads(&rows, |lead| leads.identities.lead_id(lead))?;
        self.totals.counts = facts.counts;
        self.moved.facts = Some(facts.batch);
        Ok(())
    }

    /// Returns the rows of a partition that `pick` picks of each file.
    fn rows<'a>(
        &'a self,
        partition: u32,
        pick: impl Fn(u16, RecordBatch) -> Result<RecordBatch, Error> + 'a,
    ) -> impl Iterator<Item = Result<RecordBatch, Error>> + 'a {
        self.files.iter().enumerate().map(move |(index, file)| pick(index as u16, ordered(file.read(partition)?)?))
    }

    /// Returns the rows whose ids several leads have, or all others.
    fn with_ids(&self, rows: RecordBatch, file: u16, is_moved: bool) -> Result<RecordBatch, Error> {
        let ids = rows.column_by_name("event_id").and_then(|ids| ids.as_string_opt::<i32>());
        let Some(ids) = ids.filter(|_| !self.moved.ids.leads().is_empty()) else {
            return Ok(if is_moved { rows.slice(0, 0) } else { rows });
        };
        let has = |id: Option<&str>| id.is_some_and(|id| self.moved.ids.has(file, id));
        let picked: BooleanArray = ids.iter().map(|id| Some(has(id) == is_moved)).collect();
        filter_record_batch(&rows, &picked).map_err(Error::engine("find the events of several leads"))
    }
}

impl MovedFacts {
    /// Returns the facts of the leads with the ids from the first to before the end.
    fn between(&self, first: &str, end: Option<&str>) -> Option<RecordBatch> {
        let facts = self.facts.as_ref()?;
        let lead_ids = facts["lead_id"].as_string::<i32>();
        let begin = rows_before(lead_ids, first);
        let facts = facts.slice(begin, end.map_or(lead_ids.len(), |end| rows_before(lead_ids, end)) - begin);
        Some(facts).filter(|facts| facts.num_rows() > 0)
    }
}

impl FactsOfPartition {
    /// Derives the facts.
    pub(super) fn derive(self, sql_files: &[&SqlFile], identities: &Identities) -> Result<LeadFacts, Error> {
        let facts = facts_of_leads(&SourceRows::unite(sql_files, self.rows)?, |lead| identities.lead_id(lead))?;
        let Some(moved) = self.moved else { return Ok(facts) };
        let batch = concat_batches(&facts.batch.schema(), [&facts.batch, &moved]);
        let batch = batch.map_err(Error::engine("add the events of several leads"))?;
        Ok(LeadFacts { batch: lead_facts::ordered(&batch)?, ..facts })
    }
}

/// Rows that are matched to leads, and what was counted.
struct Matching<'a> {
    leads: KnownLeads<'a>,
    keys: KeyNotes,
    unmatched: BTreeMap<String, usize>,
    of_test_leads: usize,
}

impl Matching<'_> {
    /// Returns the rows of leads that are no tests, and their leads.
    fn matched(&mut self, rows: &RecordBatch) -> Result<(RecordBatch, Vec<u32>), Error> {
        self.keys.add(rows);
        let keys = rows["lead_key"].as_string::<i32>();
        let (mut kept, mut leads) = (Vec::with_capacity(keys.len()), Vec::with_capacity(keys.len()));
        for (row, key) in keys.iter().enumerate() {
            let key = key.unwrap_or_default();
            match self.leads.identities.lead_of(key) {
                None => match self.unmatched.get_mut(key) {
                    Some(rows) => *rows += 1,
                    None => drop(self.unmatched.insert(key.to_owned(), 1)),
                },
                Some(lead) if self.leads.identities.is_test(lead) => self.of_test_leads += 1,
                Some(lead) => {
                    kept.push(row as u32);
                    leads.push(lead);
                }
            }
        }
        if kept.len() == rows.num_rows() {
            return Ok((rows.clone(), leads));
        }
        let kept = take_record_batch(rows, &UInt32Array::from(kept));
        Ok((kept.map_err(Error::engine("match rows to their leads"))?, leads))
    }
}

fn add_event_ids(event_ids: &mut EventIds, file: u16, rows: &RecordBatch, leads: &[u32]) -> Result<(), Error> {
    let ids = rows.column_by_name("event_id").and_then(|ids| ids.as_string_opt::<i32>());
    let with_ids = ids.into_iter().flatten().zip(leads);
    with_ids.filter_map(|(id, lead)| Some((id?, *lead))).try_for_each(|(id, lead)| event_ids.add(file, id, lead))
}
