//! Derives one partition: the versions, events and outcomes of its leads, as files.

use datafusion::arrow::array::{Array, RecordBatch};

use super::change_detection::{FileRowsOfLeads, LeadRows, RowsOfLeads};
use super::ended_leads::EndedLeads;
use super::event_times::EarlyEvents;
use super::fact_rows::FactRows;
use super::identity::Identities;
use super::key_notes::KeyNotes;
use super::lead_facts::{FactCounts, ordered};
use super::leads;
use super::outcome_times::{OddTimes, OutcomeTimes, outcome_times};
use super::partitions::Partitions;
use super::source_rows::SourceRows;
use crate::error::Error;
use crate::files::file_hash::FileHash;
use crate::ground::shared_files::SharedFiles;
use crate::raw::RejectedRow;
use crate::sql_file::SqlFile;

/// All rows, by partition.
pub(super) struct RowsByPartition<'a> {
    pub(super) identities: &'a Identities,
    pub(super) partitions: &'a Partitions,
    pub(super) lead_files: &'a [&'a SqlFile],
    /// The rows of each of them.
    pub(super) leads: Vec<LeadRows>,
    pub(super) event_files: &'a [&'a SqlFile],
    pub(super) events: FactRows,
    pub(super) outcome_files: &'a [&'a SqlFile],
    pub(super) outcomes: FactRows,
    pub(super) shared: &'a SharedFiles,
}

/// A partition whose files are written.
#[derive(Default)]
pub(super) struct Partition {
    /// The file of each relation: `lead`, `event`, `outcome`. There is none without rows.
    pub(super) files: [Option<FileHash>; 3],
    /// The columns of each relation, without rows.
    pub(super) columns: Vec<RecordBatch>,
    /// The file of each history, for each file of leads.
    pub(super) histories: Vec<Option<FileHash>>,
    /// Rows without `known_at`, and their columns, for each file of leads.
    pub(super) undated: Vec<usize>,
    pub(super) leads: usize,
    pub(super) deleted_leads: usize,
    pub(super) ended: EndedLeads,
    /// Rows of each relation.
    pub(super) rows: [usize; 3],
    pub(super) events: FactCounts,
    pub(super) outcomes: FactCounts,
    pub(super) early_events: EarlyEvents,
    pub(super) keys: KeyNotes,
    pub(super) odd_times: OddTimes,
    pub(super) rejected: Vec<RejectedRow>,
}

impl RowsByPartition<'_> {
    /// Derives a partition.
    pub(super) fn derive(&self, partition: u32) -> Result<Partition, Error> {
        let mut derived = Partition::default();
        let leads = self.leads(partition, &mut derived)?;
        let (first, end) = self.partitions.bounds(partition, self.identities);
        let events = self.events.of_partition(partition, self.event_files, self.identities)?;
        derived.events = events.counts;
        let events = self.events.add_moved(events, first, end)?;
        derived.early_events = EarlyEvents::among(&events.batch, &leads);
        derived.add(1, &events.batch, self.shared)?;
        drop(events);
        let outcomes = self.outcomes.of_partition(partition, self.outcome_files, self.identities)?;
        derived.outcomes = outcomes.counts;
        let outcomes = self.outcomes.add_moved(outcomes, first, end)?;
        let OutcomeTimes { outcomes, found } = outcome_times(outcomes.batch, &leads)?;
        derived.odd_times = found;
        derived.add(2, &ordered(&outcomes)?, self.shared)?;
        Ok(derived)
    }

    /// Derives the versions of leads, and returns them.
    fn leads(&self, partition: u32, derived: &mut Partition) -> Result<RecordBatch, Error> {
        let (mut batches, mut is_whole) = (Vec::with_capacity(self.leads.len()), Vec::new());
        for of_file in &self.leads {
            let FileRowsOfLeads { rows, dated, history } = of_file.of_partition(partition, self.identities)?;
            is_whole.resize(is_whole.len() + dated, false);
            is_whole.resize(is_whole.len() + rows.num_rows() - dated, true);
            let history = history.filter(|history| history.num_rows() > 0);
            derived.histories.push(history.map(|history| self.shared.add(&history)).transpose()?);
            derived.undated.push(rows["known_at"].null_count());
            derived.keys.add(&rows);
            batches.push(rows);
        }
        let rows = RowsOfLeads { rows: SourceRows::unite(self.lead_files, batches)?, is_whole };
        let leads = leads::versions(&rows, self.lead_files, self.identities, &mut derived.rejected)?;
        derived.leads = leads.leads;
        derived.deleted_leads = leads.deleted_leads;
        derived.ended = leads.ended;
        derived.add(0, &leads.versions, self.shared)?;
        Ok(leads.versions)
    }
}

impl Partition {
    fn add(&mut self, relation: usize, rows: &RecordBatch, shared: &SharedFiles) -> Result<(), Error> {
        self.rows[relation] = rows.num_rows();
        self.columns.push(rows.slice(0, 0));
        if rows.num_rows() > 0 {
            self.files[relation] = Some(shared.add(rows)?);
        }
        Ok(())
    }
}
