//! What a scheduler asks of a job, and what a job says at its end.

use anyhow::Result;
use chrono::{DateTime, Utc};
use futures::future::LocalBoxFuture;
use plumb_schedule::Job;
use serde_json::Value;

use crate::runs::RunRecord;
use crate::schedule::stop::Stop;

/// Runs jobs.
pub(crate) trait Jobs {
    /// Runs a job to its end, or to the next safe point if a stop is asked for.
    fn run<'a>(&'a self, request: JobRequest<'a>) -> LocalBoxFuture<'a, Result<JobEnd>>;
}

/// What is to be run.
pub(crate) struct JobRequest<'a> {
    /// The job.
    pub(crate) job: Job,
    /// The time that counts as now; `None`: the project's or the machine's.
    pub(crate) as_of: Option<DateTime<Utc>>,
    /// The row of the run.
    pub(crate) record: &'a mut RunRecord,
    /// Whether a stop is asked for.
    pub(crate) stop: &'a Stop,
    /// What an earlier try of the same due time has done: it is not done again.
    pub(crate) before: Option<EarlierTry>,
}

/// What an earlier try of the same due time has done.
#[derive(Clone, Debug)]
pub(crate) struct EarlierTry {
    /// When it began.
    pub(crate) started: DateTime<Utc>,
    /// What it has noted of its outcome.
    pub(crate) outcome: Option<Value>,
}

/// How a job ended that did not fail.
#[derive(Debug, Default)]
pub(crate) struct JobEnd {
    /// What people have to be told of all the same.
    pub(crate) problems: Vec<Problem>,
    /// Whether it was stopped before it was done.
    pub(crate) is_stopped: bool,
}

/// Something that people are told once.
#[derive(Debug)]
pub(crate) struct Problem {
    /// Problems with the same key are the same.
    pub(crate) key: String,
    /// What is wrong, and what to do.
    pub(crate) text: String,
    /// Since when.
    pub(crate) since: DateTime<Utc>,
}
