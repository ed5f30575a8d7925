//! What is counted of all events, or of all outcomes.

use std::collections::BTreeMap;

use super::key_notes::KeyNotes;
use super::lead_facts::FactCounts;
use super::undated::Undated;

/// What was counted of all rows of a relation.
#[derive(Default)]
pub(super) struct FactTotals {
    pub(super) undated: Vec<Undated>,
    pub(super) keys: KeyNotes,
    /// Keys of unmatched rows, with their number.
    pub(super) unmatched: BTreeMap<String, usize>,
    /// Rows of test leads, left out.
    pub(super) of_test_leads: usize,
    /// Counts that are no partition's.
    pub(super) counts: FactCounts,
}
