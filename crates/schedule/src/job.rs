//! The jobs of a project, why one of their runs began, and what became of it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// Something that a project does at set times. Their order is that in which several that are due at once are made: each
/// works on what the one before has brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Job {
    /// Copies new rows of the sources.
    Ingest,
    /// Scores all open leads.
    Score,
    /// Compares each week with the champion's training data.
    Monitor,
    /// Trains a challenger.
    Retrain,
    /// Gives back what the database no longer needs of the disk.
    Compact,
    /// Copies the data folder to the project's bucket.
    BackUp,
}

/// Why a run began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Its time has come.
    Schedule,
    /// Its time came while nobody looked.
    Missed,
    /// The run before it failed.
    Retry,
    /// The run before it was interrupted.
    Interrupted,
    /// Somebody gave the command.
    ByHand,
    /// An alert asked for it.
    OnAlert,
}

/// What became of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// It goes on.
    Running,
    /// It did what it is for.
    Done,
    /// It ended with an error.
    Failed,
    /// It was not begun, as its predecessor was still running.
    Skipped,
    /// It ended before it was done: its process was stopped or killed.
    Interrupted,
}

impl Job {
    /// All jobs, in their order.
    pub const ALL: [Job; 6] = [Job::Ingest, Job::Score, Job::Monitor, Job::Retrain, Job::Compact, Job::BackUp];

    /// Returns the job's name in files, in JSON and in the database.
    pub fn word(self) -> &'static str {
        match self {
            Job::Ingest => "ingest",
            Job::Score => "score",
            Job::Monitor => "monitor",
            Job::Retrain => "retrain",
            Job::Compact => "compact",
            Job::BackUp => "back_up",
        }
    }

    /// Returns the command that does the same by hand.
    pub fn command(self) -> &'static str {
        match self {
            Job::Ingest => "ingest --wait",
            Job::Score => "score --wait",
            Job::Monitor => "monitor --wait",
            Job::Retrain => "retrain --wait",
            Job::Compact => "compact",
            Job::BackUp => "push --wait",
        }
    }

    /// Returns the job of a name.
    pub fn parse(word: &str) -> Result<Job, Error> {
        Job::ALL.into_iter().find(|job| job.word() == word).ok_or_else(|| Error::Job {
            found: word.to_owned(),
            expected: Job::ALL.map(|job| format!("`{}`", job.word())).join(", "),
        })
    }
}

impl fmt::Display for Job {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

impl Why {
    /// All reasons.
    pub const ALL: [Why; 6] = [Why::Schedule, Why::Missed, Why::Retry, Why::Interrupted, Why::ByHand, Why::OnAlert];

    /// Returns the reason's name in JSON and in the database.
    pub fn word(self) -> &'static str {
        match self {
            Why::Schedule => "schedule",
            Why::Missed => "missed",
            Why::Retry => "retry",
            Why::Interrupted => "interrupted",
            Why::ByHand => "by_hand",
            Why::OnAlert => "on_alert",
        }
    }
}

impl RunState {
    /// All states.
    pub const ALL: [RunState; 5] =
        [RunState::Running, RunState::Done, RunState::Failed, RunState::Skipped, RunState::Interrupted];

    /// Returns the state's name in JSON and in the database.
    pub fn word(self) -> &'static str {
        match self {
            RunState::Running => "running",
            RunState::Done => "done",
            RunState::Failed => "failed",
            RunState::Skipped => "skipped",
            RunState::Interrupted => "interrupted",
        }
    }
}
