//! What a partition gave, stored beside a version of the ground: the next run uses it again if the partition's rows are the
//! same.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::ended_leads::EndedLeads;
use super::event_times::EarlyEvents;
use super::key_notes::KeyNotes;
use super::lead_facts::FactCounts;
use super::outcome_times::OddTimes;
use crate::files::file_hash::FileHash;
use crate::raw::RejectedRow;

/// What a partition gave, each relation by itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct DerivedPartition {
    /// The id of its first lead; empty if it begins with whatever comes first.
    pub(super) first: String,
    pub(super) leads: DerivedLeads,
    pub(super) events: DerivedFacts<EarlyEvents>,
    pub(super) outcomes: DerivedFacts<OddTimes>,
}

/// The rows of a relation in a partition.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct DerivedRows {
    /// The hash of all that they were derived from; empty if that was not read.
    pub(super) inputs: String,
    /// Their file; `None` if there is no row.
    pub(super) file: Option<FileHash>,
    pub(super) rows: usize,
}

/// The versions of the leads of a partition.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct DerivedLeads {
    pub(super) versions: DerivedRows,
    /// The file of each history, for each file of leads.
    pub(super) histories: Vec<Option<FileHash>>,
    /// Rows without `known_at`, for each file of leads.
    pub(super) undated: Vec<usize>,
    pub(super) leads: usize,
    pub(super) deleted_leads: usize,
    pub(super) ended: EndedLeads,
    pub(super) keys: KeyNotes,
    pub(super) rejected: Vec<RejectedRow>,
}

/// The events or outcomes of a partition.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct DerivedFacts<T> {
    pub(super) facts: DerivedRows,
    /// Without those of events that several leads have; none if not all rows were read.
    pub(super) counts: FactCounts,
    /// What was found in their times.
    pub(super) times: T,
}

/// What an earlier version has, by the hash of what it was derived from.
#[derive(Default)]
pub(super) struct EarlierPartitions<'a> {
    leads: HashMap<&'a str, &'a DerivedLeads>,
    events: HashMap<&'a str, &'a DerivedFacts<EarlyEvents>>,
    outcomes: HashMap<&'a str, &'a DerivedFacts<OddTimes>>,
}

impl<'a> EarlierPartitions<'a> {
    /// Returns what these partitions have. Their files are there as they were written.
    pub(super) fn of(partitions: &'a [DerivedPartition]) -> EarlierPartitions<'a> {
        let leads = partitions.iter().map(|partition| (partition.leads.versions.inputs.as_str(), &partition.leads));
        let events = partitions.iter().map(|partition| (partition.events.facts.inputs.as_str(), &partition.events));
        let outcomes =
            partitions.iter().map(|partition| (partition.outcomes.facts.inputs.as_str(), &partition.outcomes));
        let events = events.filter(|(inputs, _)| !inputs.is_empty());
        EarlierPartitions { leads: leads.collect(), events: events.collect(), outcomes: outcomes.collect() }
    }

    /// Returns the leads that were derived from the same.
    pub(super) fn leads(&self, inputs: &str) -> Option<DerivedLeads> {
        self.leads.get(inputs).map(|leads| (*leads).clone())
    }

    /// Returns the events that were derived from the same.
    pub(super) fn events(&self, inputs: &str) -> Option<DerivedFacts<EarlyEvents>> {
        self.events.get(inputs).map(|events| (*events).clone())
    }

    /// Returns the outcomes that were derived from the same.
    pub(super) fn outcomes(&self, inputs: &str) -> Option<DerivedFacts<OddTimes>> {
        self.outcomes.get(inputs).map(|outcomes| (*outcomes).clone())
    }
}
