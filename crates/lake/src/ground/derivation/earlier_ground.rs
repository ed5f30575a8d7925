//! What a run can use of the version before.

use super::derived_partition::DerivedPartition;
use super::kept_events::KeptEvents;
use super::lead_history::LeadHistory;
use crate::ground::kept_folder::KeptFolder;

/// What a run can use of the version before.
#[derive(Clone, Copy, Default)]
pub(crate) struct EarlierGround<'a> {
    /// The histories of undated leads.
    pub(crate) histories: &'a [LeadHistory],
    /// What its partitions gave. Their files are there as they were written.
    pub(crate) partitions: &'a [DerivedPartition],
    /// What was kept of its events.
    pub(crate) kept: Option<&'a KeptEvents>,
    /// The folder of what is kept; `None` if nothing is to be.
    pub(crate) folder: Option<&'a KeptFolder>,
}
