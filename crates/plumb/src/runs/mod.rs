//! The runs of jobs as rows of the operational database: begun, reported on and ended, by the schedule or by hand.
//!
//! A run that goes on holds a lock of its own. A row that says so without one is of a run that was killed.

mod record;
mod by_hand;
mod killed;

pub(crate) use by_hand::RunByHand;
pub(crate) use killed::note_killed;
pub(crate) use record::{RunLog, RunRecord};
