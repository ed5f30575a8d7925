//! The relations as they are derived, with what was counted on the way.

use serde::{Deserialize, Serialize};

use super::derived_partition::DerivedPartition;
use super::ground_note::GroundNote;
use super::kept_events::KeptEvents;
use super::lead_history::LeadHistory;
use super::run_over::RunOver;
use super::undated::Undated;
use crate::ground::relation_lists::RelationLists;
use crate::raw::RejectedRow;

/// The relations `lead`, `event` and `outcome`, whose files are on the disk.
#[derive(Default)]
pub(crate) struct Relations {
    pub(crate) lists: RelationLists,
    pub(crate) rejected: Vec<RejectedRow>,
    /// `relation, key, rows` of the unmatched rows: they belong to no lead.
    pub(crate) unmatched: Vec<(&'static str, String, usize)>,
    pub(crate) counts: Counts,
    pub(crate) undated: Vec<Undated>,
    pub(crate) notes: Vec<GroundNote>,
    /// The histories of undated leads, for the next run.
    pub(crate) histories: Vec<LeadHistory>,
    /// What each partition gave, for the next run.
    pub(crate) partitions: Vec<DerivedPartition>,
    /// What is kept of the events, for the next run.
    pub(crate) kept: Option<KeptEvents>,
    /// What the files of events were run over.
    pub(crate) run_over: Vec<RunOver>,
}

/// What was counted on the way to the relations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Leads, after identities were unified.
    pub leads: usize,
    /// Those of them that are there no longer: all of their records were deleted.
    #[serde(default)]
    pub deleted_leads: usize,
    /// Versions of leads: each a span of time in which nothing new was learned.
    pub lead_versions: usize,
    /// Events under a lead.
    pub events: usize,
    /// Outcomes under a lead.
    pub outcomes: usize,
    /// Duplicate events and outcomes, left out.
    pub duplicates: usize,
    /// Events that were corrected or deleted: each holds until then.
    #[serde(default)]
    pub ended_events: usize,
    /// Leads that were tests, left out.
    pub test_leads: usize,
    /// Events and outcomes of test leads, left out.
    pub rows_of_test_leads: usize,
    /// Unmatched rows: events and outcomes that belong to no lead.
    pub unmatched_rows: usize,
    /// Keys, such as a shared mailbox, that connect too many leads and were ignored.
    pub shared_keys: usize,
}
