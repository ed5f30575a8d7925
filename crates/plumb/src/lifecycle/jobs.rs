//! Each job at a glance: its times, its last run, its next.

use anyhow::Result;
use chrono::{DateTime, Utc};
use plumb_schedule::{Job, JobTiming, RunState};
use serde::Serialize;

use crate::store::{JobRun, Store};

/// Runs of a job that are looked through for one that was done.
const RUNS_LOOKED_AT: usize = 100;

/// A job at a glance.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct JobStatus {
    /// The job.
    pub(crate) job: Job,
    /// Its times by cron; `None` if it runs by hand alone.
    pub(crate) times: Option<String>,
    /// Their time zone.
    pub(crate) time_zone: Option<String>,
    /// Its newest run, by the schedule or by hand; a skipped one is one, too.
    pub(crate) last: Option<JobRun>,
    /// When the newest of its last hundred runs ended that was done.
    pub(crate) last_done: Option<DateTime<Utc>>,
    /// When it begins next. A time that is past means that nobody has begun it.
    pub(crate) next: Option<DateTime<Utc>>,
}

/// Returns the jobs that the schedule has, or that have run, in their order. `scheduled` are those of the project; without a
/// project they are what the schedule keeps.
pub(crate) async fn overview(
    scheduled: Option<&[JobTiming]>,
    store: Option<&Store>,
    now: DateTime<Utc>,
) -> Result<Vec<JobStatus>> {
    let kept = match store {
        Some(store) => store.kept_timings().await?,
        None => Vec::new(),
    };
    let of_store: Vec<JobTiming> = kept.iter().map(|kept| kept.timing.clone()).collect();
    let timings = scheduled.unwrap_or(&of_store);
    let mut jobs = Vec::new();
    for job in Job::ALL {
        let timing = timings.iter().find(|timing| timing.job == job);
        let runs = match store {
            Some(store) => store.job_runs(Some(job), None, RUNS_LOOKED_AT).await?,
            None => Vec::new(),
        };
        if timing.is_none() && runs.is_empty() {
            continue;
        }
        let since = kept.iter().find(|kept| Some(&kept.timing) == timing).map_or(now, |kept| kept.considered_until);
        jobs.push(JobStatus {
            job,
            times: timing.map(|timing| timing.timing.expression().to_owned()),
            time_zone: timing.map(|timing| timing.timing.time_zone().to_owned()),
            last_done: runs.iter().find(|run| run.state == RunState::Done).and_then(|run| run.ended),
            last: runs.into_iter().next().map(|run| JobRun { log: String::new(), ..run }),
            next: timing.and_then(|timing| Some(timing.timing.next(since)? + timing.offset)),
        });
    }
    Ok(jobs)
}
