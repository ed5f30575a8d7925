//! What is known of a job's earlier runs.

use chrono::{DateTime, Utc};

use crate::job::RunState;

/// What is known of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// Due times until this one are dealt with. For a new timing it is the moment from which it counts.
    pub considered_until: DateTime<Utc>,
    /// The newest run that the schedule began; a skipped one is none.
    pub last: Option<LastRun>,
    /// Whether somebody runs it by hand.
    pub is_run_by_hand: bool,
}

/// The newest run that the schedule began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastRun {
    /// The due time that it was for.
    pub due: DateTime<Utc>,
    /// When it began.
    pub started: DateTime<Utc>,
    /// When it ended; `None` if nobody was there to see it.
    pub ended: Option<DateTime<Utc>>,
    /// What became of it.
    pub state: RunState,
    /// Which try of its due time it was, from 1.
    pub attempt: u32,
}
