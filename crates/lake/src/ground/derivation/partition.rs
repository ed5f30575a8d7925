//! Derives one partition: the versions, events and outcomes of its leads, as files. What an earlier version derived from
//! the same rows is used again.

use std::cell::OnceCell;

use datafusion::arrow::array::{Array, RecordBatch};

use super::change_detection::{FileRowsOfLeads, LeadRows, RowsOfLeads};
use super::derived_partition::{DerivedFacts, DerivedLeads, DerivedPartition, DerivedRows, EarlierPartitions};
use super::event_times::EarlyEvents;
use super::events::Events;
use super::fact_rows::{FactRows, FactsOfPartition};
use super::identity::Identities;
use super::key_notes::KeyNotes;
use super::lead_facts::{FactCounts, LeadFacts, ordered};
use super::leads;
use super::outcome_times::{OddTimes, OutcomeTimes, outcome_times};
use super::partitions::Partitions;
use super::rows_hash::RowsHash;
use super::source_rows::SourceRows;
use super::spliced::Spliced;
use crate::error::Error;
use crate::files::file_hash::FileHash;
use crate::files::parquet_files::read_parquet;
use crate::ground::shared_files::SharedFiles;
use crate::sql_file::SqlFile;

/// All rows, by partition.
pub(super) struct RowsByPartition<'a> {
    pub(super) identities: &'a Identities,
    pub(super) partitions: &'a Partitions,
    pub(super) lead_files: &'a [&'a SqlFile],
    /// The rows of each of them.
    pub(super) leads: Vec<LeadRows>,
    pub(super) event_files: &'a [&'a SqlFile],
    pub(super) events: Events,
    pub(super) outcome_files: &'a [&'a SqlFile],
    pub(super) outcomes: FactRows,
    pub(super) shared: &'a SharedFiles,
    /// What can be used again.
    pub(super) earlier: EarlierPartitions<'a>,
}

/// The rows of the leads of a partition.
struct LeadInputs {
    /// Their hash.
    hash: String,
    rows: RowsOfLeads,
    /// The history of each file, as it is stored.
    histories: Vec<Option<RecordBatch>>,
    /// Rows without `known_at` of each file.
    undated: Vec<usize>,
    keys: KeyNotes,
}

/// The versions of the leads of a partition, for their events and outcomes.
struct LeadVersions<'a> {
    file: Option<&'a FileHash>,
    /// Set once they were derived or read.
    rows: OnceCell<RecordBatch>,
}

impl RowsByPartition<'_> {
    /// Derives a partition.
    pub(super) fn derive(&self, partition: u32) -> Result<DerivedPartition, Error> {
        let inputs = self.lead_inputs(partition)?;
        let (leads, rows) = match self.earlier.leads(&inputs.hash) {
            Some(leads) => (leads, OnceCell::new()),
            None => self.leads(inputs).map(|(leads, versions)| (leads, versions.into()))?,
        };
        let first = self.partitions.bounds(partition, self.identities).0.to_owned();
        let versions = LeadVersions { file: leads.versions.file.as_ref(), rows };
        let events = self.events(partition, &versions)?;
        let outcomes = self.outcomes(partition, &versions)?;
        Ok(DerivedPartition { first, leads, events, outcomes })
    }

    /// Returns the columns of each relation, without rows.
    pub(super) fn columns(&self) -> Result<[RecordBatch; 3], Error> {
        let rows = self.lead_inputs(0)?.rows;
        let leads = leads::versions(&rows, self.lead_files, self.identities, &mut Vec::new())?.versions;
        let of_facts = |facts: &FactRows, files| {
            let facts = facts.of_partition(0, ("", Some("")))?.derive(files, self.identities)?;
            Ok::<_, Error>(facts.batch.slice(0, 0))
        };
        let events = self.events.columns(|events| of_facts(events, self.event_files))?;
        Ok([leads.slice(0, 0), events, of_facts(&self.outcomes, self.outcome_files)?])
    }

    fn lead_inputs(&self, partition: u32) -> Result<LeadInputs, Error> {
        let mut hash = RowsHash::new("lead", self.lead_files);
        let (mut batches, mut is_whole) = (Vec::with_capacity(self.leads.len()), Vec::new());
        let (mut histories, mut undated, mut keys) = (Vec::new(), Vec::new(), KeyNotes::default());
        for of_file in &self.leads {
            let FileRowsOfLeads { rows, dated, history } = of_file.of_partition(partition, self.identities)?;
            hash.number(dated as u64);
            hash.rows(&rows, self.identities)?;
            is_whole.resize(is_whole.len() + dated, false);
            is_whole.resize(is_whole.len() + rows.num_rows() - dated, true);
            let history = history.filter(|history| history.num_rows() > 0);
            hash.number(u64::from(history.is_some()));
            history.iter().try_for_each(|history| hash.rows(history, self.identities))?;
            histories.push(history);
            undated.push(rows["known_at"].null_count());
            keys.add(&rows);
            batches.push(rows);
        }
        let rows = RowsOfLeads { rows: SourceRows::unite(self.lead_files, batches)?, is_whole };
        Ok(LeadInputs { hash: hash.finish(), rows, histories, undated, keys })
    }

    /// Derives the versions of leads, and returns them too.
    fn leads(&self, inputs: LeadInputs) -> Result<(DerivedLeads, RecordBatch), Error> {
        let LeadInputs { hash, rows, histories, undated, keys } = inputs;
        let store = |history: Option<RecordBatch>| history.map(|history| self.shared.add(&history)).transpose();
        let histories = histories.into_iter().map(store).collect::<Result<_, Error>>()?;
        let mut rejected = Vec::new();
        let leads::Leads { versions, leads, deleted_leads, ended } =
            leads::versions(&rows, self.lead_files, self.identities, &mut rejected)?;
        let rows = self.stored(hash, &versions)?;
        let leads = DerivedLeads { versions: rows, histories, undated, leads, deleted_leads, ended, keys, rejected };
        Ok((leads, versions))
    }

    fn events(&self, partition: u32, leads: &LeadVersions) -> Result<DerivedFacts<EarlyEvents>, Error> {
        let bounds = self.partitions.bounds(partition, self.identities);
        let events = match &self.events {
            Events::All(events) => events,
            Events::New(new) => return self.spliced_events(new.of_partition(bounds, leads.file, self.shared)?, leads),
        };
        let facts = events.of_partition(partition, bounds)?;
        let inputs = self.fact_inputs("event", self.event_files, &facts, leads)?;
        if let Some(events) = self.earlier.events(&inputs) {
            return Ok(events);
        }
        let LeadFacts { batch, counts } = facts.derive(self.event_files, self.identities)?;
        let times = EarlyEvents::among(&batch, leads.rows(self.shared)?);
        Ok(DerivedFacts { facts: self.stored(inputs, &batch)?, counts, times })
    }

    /// Returns the events of which not all rows were read.
    fn spliced_events(&self, events: Spliced, leads: &LeadVersions) -> Result<DerivedFacts<EarlyEvents>, Error> {
        let times = |rows| Ok::<_, Error>(EarlyEvents::among(rows, leads.rows(self.shared)?));
        let (facts, times) = match events {
            Spliced::Same(events) => (events.facts, events.times),
            Spliced::OtherLeads(events, rows) => (events.facts, times(&rows)?),
            Spliced::Rows(rows) => (self.stored(String::new(), &rows)?, times(&rows)?),
        };
        let facts = DerivedRows { inputs: String::new(), ..facts };
        Ok(DerivedFacts { facts, counts: FactCounts::default(), times })
    }

    fn outcomes(&self, partition: u32, leads: &LeadVersions) -> Result<DerivedFacts<OddTimes>, Error> {
        let facts = self.outcomes.of_partition(partition, self.partitions.bounds(partition, self.identities))?;
        let inputs = self.fact_inputs("outcome", self.outcome_files, &facts, leads)?;
        if let Some(outcomes) = self.earlier.outcomes(&inputs) {
            return Ok(outcomes);
        }
        let LeadFacts { batch, counts } = facts.derive(self.outcome_files, self.identities)?;
        let OutcomeTimes { outcomes, found: times } = outcome_times(batch, leads.rows(self.shared)?)?;
        Ok(DerivedFacts { facts: self.stored(inputs, &ordered(&outcomes)?)?, counts, times })
    }

    /// Returns the hash of what the facts of leads are derived from: their rows, and when the leads were created.
    fn fact_inputs(
        &self,
        relation: &str,
        files: &[&SqlFile],
        facts: &FactsOfPartition,
        leads: &LeadVersions,
    ) -> Result<String, Error> {
        let mut hash = RowsHash::new(relation, files);
        hash.text(leads.file.map_or("", |file| &file.sha256));
        facts.rows.iter().chain(&facts.moved).try_for_each(|rows| hash.rows(rows, self.identities))?;
        Ok(hash.finish())
    }

    fn stored(&self, inputs: String, rows: &RecordBatch) -> Result<DerivedRows, Error> {
        let file = if rows.num_rows() > 0 { Some(self.shared.add(rows)?) } else { None };
        Ok(DerivedRows { inputs, file, rows: rows.num_rows() })
    }
}

impl LeadVersions<'_> {
    /// Returns the versions, which have at least `lead_id` and `created_at`.
    fn rows(&self, shared: &SharedFiles) -> Result<&RecordBatch, Error> {
        if let Some(rows) = self.rows.get() {
            return Ok(rows);
        }
        let rows = match self.file {
            Some(file) => read_parquet(&shared.path(file))?,
            None => leads::no_versions(),
        };
        Ok(self.rows.get_or_init(|| rows))
    }
}
