//! The loop that begins jobs when they are due.

use std::path::Path;

use anyhow::{Context, Result, bail};
use chrono::{DateTime, TimeDelta, Utc};
use plumb_lake::{DataLock, Error, IfLocked};
use plumb_schedule::{Decision, Job, RunState, Start, Why, decide};

use super::alerts;
use super::clock::Clock;
use super::jobs::{BY, EarlierTry, JobRequest, Jobs, Problem};
use super::stop::Stop;
use crate::ids;
use crate::lifecycle::workspace::ProjectPaths;
use crate::project::{Project, Schedule};
use crate::runs::{RunRecord, note_killed};
use crate::store::{JobRun, KeptTiming, Store};

/// How soon a job is asked about again that somebody runs by hand.
const LOOK_AGAIN: TimeDelta = TimeDelta::seconds(30);

/// A rest that was longer than planned by more than this was a sleep of the machine, or its clock was set: what became due
/// in it was missed.
const OVERSLEPT: TimeDelta = TimeDelta::minutes(5);

/// What a scheduler tells.
pub(crate) enum SchedulerMessage<'a> {
    /// A run has begun, ended, or was skipped.
    Run(&'a JobRun),
    /// Something else, as a line for people.
    Note(&'a str),
}

/// Runs the jobs of a project when they are due.
pub(crate) struct Scheduler<'a> {
    /// Where the project and its data lie.
    pub(crate) paths: &'a ProjectPaths,
    /// The operational database.
    pub(crate) store: &'a Store,
    /// What time it is.
    pub(crate) clock: &'a dyn Clock,
    /// Runs the jobs.
    pub(crate) jobs: &'a dyn Jobs,
    /// Whether a stop is asked for.
    pub(crate) stop: &'a Stop,
    /// Takes what is told.
    pub(crate) tell: &'a dyn Fn(SchedulerMessage<'_>),
}

/// What a look at all jobs came to.
enum Look {
    /// A job was run: time has gone on.
    Ran,
    /// Nothing is due until a moment; `None`: never again.
    Rest(Option<DateTime<Utc>>),
}

/// Locks the schedule of a data folder: one scheduler at a time works on it.
pub(crate) fn lock(data: &Path) -> Result<DataLock> {
    match DataLock::acquire(data, "scheduler", IfLocked::Refuse, &|_| ()) {
        Err(Error::Locked { holder, .. }) => bail!(
            "the schedule of `{}` is run by {holder} already: one at a time works on a data folder, so there is nothing more to \
             start",
            data.display()
        ),
        lock => Ok(lock?),
    }
}

impl Scheduler<'_> {
    /// Runs jobs until a stop is asked for or the clock has no more time. The caller has locked the schedule.
    pub(crate) async fn run(&self, schedule: Schedule, _lock: &DataLock) -> Result<()> {
        let (mut schedule, mut wrong) = (schedule, None);
        let mut watched_since = self.clock.now();
        self.note_killed(&schedule).await?;
        while !self.stop.is_asked() {
            schedule = self.schedule_now(schedule, &mut wrong);
            let rest = match self.look(&schedule, watched_since).await? {
                Look::Ran => continue,
                Look::Rest(rest) => rest,
            };
            let now = self.clock.now();
            let until = rest.unwrap_or(now + LOOK_AGAIN).max(now);
            tokio::select! {
                () = self.stop.asked() => return Ok(()),
                goes_on = self.clock.wait_until(until) => if !goes_on { return Ok(()) },
            }
            if self.clock.now() > until + OVERSLEPT {
                watched_since = self.clock.now();
            }
        }
        Ok(())
    }

    /// Returns the schedule as `plumb.toml` has it now; one that is wrong changes nothing, which is told once.
    fn schedule_now(&self, schedule: Schedule, wrong: &mut Option<String>) -> Schedule {
        match Project::open(&self.paths.project).map(|project| project.schedule().cloned()) {
            Ok(now) => {
                *wrong = None;
                now.unwrap_or(Schedule { jobs: Vec::new(), ..schedule })
            }
            Err(error) => {
                let error = format!("the schedule stays as it was: {error:#}");
                if wrong.as_ref() != Some(&error) {
                    (self.tell)(SchedulerMessage::Note(&error));
                }
                *wrong = Some(error);
                schedule
            }
        }
    }

    /// Looks at all jobs, in their order, and runs the first that is due.
    async fn look(&self, schedule: &Schedule, watched_since: DateTime<Utc>) -> Result<Look> {
        let by_hand = self.jobs_by_hand().await?;
        let mut rest: Option<DateTime<Utc>> = None;
        let mut kept = self.keep_timings(schedule).await?;
        for kept in &mut kept {
            let job = kept.timing.job;
            let last = self.store.last_scheduled_run(job).await?;
            loop {
                let (history, now) = (kept.history(last.as_ref(), by_hand.contains(&job)), self.clock.now());
                match decide(&kept.timing, &history, schedule.retries, watched_since, now) {
                    Decision::Start(start) => {
                        self.run_job(schedule, job, start, last).await?;
                        return Ok(Look::Ran);
                    }
                    Decision::Skip { due, count } => {
                        self.skip(job, due, count, last.as_ref()).await?;
                        kept.considered_until = due;
                    }
                    Decision::CountFrom(from) => {
                        kept.considered_until = from;
                        self.store.keep_timing(kept).await?;
                        (self.tell)(SchedulerMessage::Note(&format!(
                            "{job}: the clock went back; its times count from now on"
                        )));
                    }
                    Decision::Wait => {
                        rest = earlier(rest, Some(now + LOOK_AGAIN));
                        break;
                    }
                    Decision::Rest(until) => {
                        rest = earlier(rest, until);
                        break;
                    }
                }
            }
        }
        Ok(Look::Rest(rest))
    }

    /// Keeps the times of all jobs of the schedule, and returns them. Those of a job that is new, or has other times now, count
    /// from now on.
    async fn keep_timings(&self, schedule: &Schedule) -> Result<Vec<KeptTiming>> {
        let mut kept = self.store.kept_timings().await?;
        for gone in kept.extract_if(.., |kept| !schedule.jobs.iter().any(|timing| timing.job == kept.timing.job)) {
            self.store.drop_timing(gone.timing.job).await?;
        }
        let mut all = Vec::new();
        for timing in &schedule.jobs {
            let known = kept.iter().find(|kept| kept.timing.job == timing.job && kept.timing.timing == timing.timing);
            let considered_until = known.map_or_else(|| self.clock.now(), |known| known.considered_until);
            let now = KeptTiming { timing: timing.clone(), considered_until };
            if known != Some(&now) {
                self.store.keep_timing(&now).await?;
            }
            all.push(now);
        }
        Ok(all)
    }

    /// Returns the jobs that somebody runs by hand. Of runs that were killed it is noted.
    async fn jobs_by_hand(&self) -> Result<Vec<Job>> {
        let (running, _) = note_killed(self.store, &self.paths.data).await?;
        Ok(running.into_iter().map(|run| run.job).collect())
    }

    /// Notes of the runs of an earlier scheduler that was killed that they were interrupted.
    async fn note_killed(&self, schedule: &Schedule) -> Result<()> {
        let (_, killed) = note_killed(self.store, &self.paths.data).await?;
        killed.iter().for_each(|run| (self.tell)(SchedulerMessage::Run(run)));
        for job in &schedule.jobs {
            if let Some(last) = self.store.last_scheduled_run(job.job).await? {
                self.tell_if_in_vain(schedule, &last).await?;
            }
        }
        Ok(())
    }

    /// Runs a job, and notes its beginning and its end.
    async fn run_job(&self, schedule: &Schedule, job: Job, start: Start, last: Option<JobRun>) -> Result<()> {
        let Start { due, why, attempt, replaced } = start;
        let run = JobRun {
            run_id: ids::new_id(),
            job,
            why,
            by: BY.to_owned(),
            due: Some(due),
            attempt,
            started: self.clock.now(),
            ended: None,
            state: RunState::Running,
            outcome: None,
            error: None,
            log: String::new(),
        };
        (self.tell)(SchedulerMessage::Run(&run));
        let considered_until = (attempt == 1).then_some(due);
        let mut record = RunRecord::begin(self.store, &self.paths.data, run, considered_until).await?;
        if replaced > 0 {
            record.log().line(&format!("it stands for {replaced} earlier due times as well"));
        }
        let before = last.filter(|_| attempt > 1);
        let before = before.map(|last| EarlierTry { started: last.started, outcome: last.outcome });
        let request = JobRequest { job, as_of: self.clock.as_of(), record: &mut record, stop: self.stop, before };
        let end = self.jobs.run(request).await;
        let (state, error, problems) = match end {
            Ok(end) if end.is_stopped => {
                (RunState::Interrupted, Some("the scheduler was stopped".to_owned()), end.problems)
            }
            Ok(end) => (RunState::Done, None, end.problems),
            Err(error) => (RunState::Failed, Some(format!("{error:#}")), Vec::new()),
        };
        let run = record.end(self.clock.now(), state, error).await?;
        (self.tell)(SchedulerMessage::Run(&run));
        for problem in &problems {
            self.raise(problem).await?;
        }
        if run.state == RunState::Done {
            alerts::resolve(self.store, &self.targets(), job, &problems).await.context("cannot resolve alerts")?;
        }
        self.tell_if_in_vain(schedule, &run).await
    }

    /// Notes due times that came while their predecessor was running.
    async fn skip(&self, job: Job, due: DateTime<Utc>, count: usize, last: Option<&JobRun>) -> Result<()> {
        let now = self.clock.now();
        let times = if count == 1 { "its time".to_owned() } else { format!("its last {count} times") };
        let predecessor = last.map(|last| format!(" that began at {}", last.started.format("%Y-%m-%d %H:%M")));
        let run = JobRun {
            run_id: ids::new_id(),
            job,
            why: Why::Schedule,
            by: BY.to_owned(),
            due: Some(due),
            attempt: 1,
            started: now,
            ended: Some(now),
            state: RunState::Skipped,
            outcome: None,
            error: Some(format!("{times} came while the run{} was going on", predecessor.unwrap_or_default())),
            log: String::new(),
        };
        self.store.begin_job_run(&run, Some(due)).await?;
        (self.tell)(SchedulerMessage::Run(&run));
        Ok(())
    }

    /// Raises an alert when a job has come to nothing as often as it is tried.
    async fn tell_if_in_vain(&self, schedule: &Schedule, run: &JobRun) -> Result<()> {
        if !matches!(run.state, RunState::Failed | RunState::Interrupted) {
            return Ok(());
        }
        match alerts::in_vain(self.store, schedule.retries, run, self.clock.now()).await? {
            Some(problem) => self.raise(&problem).await,
            None => Ok(()),
        }
    }

    fn targets(&self) -> Vec<String> {
        Project::open(&self.paths.project).map(|project| project.targets()).unwrap_or_default()
    }

    async fn raise(&self, problem: &Problem) -> Result<()> {
        let raised = alerts::raise(self.store, &self.targets(), problem, self.clock.now()).await;
        let raised = raised.context("cannot raise an alert")?;
        if raised {
            (self.tell)(SchedulerMessage::Note(&format!("alert: {}", problem.text)));
        }
        Ok(())
    }
}

/// Returns the earlier of two moments, of which either may never come.
fn earlier(one: Option<DateTime<Utc>>, other: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
