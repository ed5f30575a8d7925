//! The scheduler with the real store, under a clock of past time, with jobs that take as long, fail and are killed as a test
//! says.

mod cases;
mod years;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::path::Path;

use anyhow::{Result, bail};
use chrono::{DateTime, TimeDelta, Utc};
use futures::FutureExt;
use futures::future::LocalBoxFuture;
use plumb_schedule::Job;
use serde_json::json;
use tempfile::TempDir;
use tokio::sync::Notify;

use super::clock::{Clock, PastClock};
use super::jobs::{EarlierTry, JobEnd, JobRequest, Jobs, Problem};
use super::scheduler::{Scheduler, SchedulerMessage, lock};
use super::stop::{Stop, StopSwitch};
use crate::lifecycle::workspace::ProjectPaths;
use crate::project::Project;
use crate::store::{JobRun, Store};

/// More rows than any test makes.
const ALL: usize = 100_000;

/// What becomes of a run.
#[derive(Clone, Copy, Debug)]
enum Fate {
    /// It takes so many minutes and ends well.
    Done(i64),
    /// It takes so many minutes and fails.
    Fails(i64),
    /// It is killed after so many minutes, with the whole program.
    Killed(i64),
    /// A stop is asked for while it runs.
    Stopped,
    /// It ends well and has something to tell.
    Tells(&'static str),
}

/// Jobs whose fates are known beforehand. When there are no more, each is done in a minute.
struct FakeJobs<'a> {
    clock: &'a PastClock,
    fates: &'a RefCell<VecDeque<Fate>>,
    switch: &'a StopSwitch,
    killed: &'a Notify,
    /// What each run was told that an earlier try had done.
    before: RefCell<Vec<Option<EarlierTry>>>,
}

/// A project with a schedule, and its data folder.
struct World {
    folder: TempDir,
    paths: ProjectPaths,
    store: Store,
    fates: RefCell<VecDeque<Fate>>,
}

impl Jobs for FakeJobs<'_> {
    fn run<'a>(&'a self, request: JobRequest<'a>) -> LocalBoxFuture<'a, Result<JobEnd>> {
        async move {
            self.before.borrow_mut().push(request.before);
            request.record.log().line(&format!("{} begins", request.job));
            request.record.note_outcome(json!({ "targets": { "won": { "as_of": request.as_of } } })).await?;
            let fate = self.fates.borrow_mut().pop_front().unwrap_or(Fate::Done(1));
            let pass = |minutes| self.clock.set(self.clock.now() + TimeDelta::minutes(minutes));
            match fate {
                Fate::Done(minutes) => pass(minutes),
                Fate::Fails(minutes) => {
                    pass(minutes);
                    bail!("a test wants it so");
                }
                Fate::Killed(minutes) => {
                    pass(minutes);
                    self.killed.notify_one();
                    std::future::pending::<()>().await;
                }
                Fate::Stopped => {
                    self.switch.stop();
                    return Ok(JobEnd { is_stopped: true, ..JobEnd::default() });
                }
                Fate::Tells(text) => {
                    let problem = Problem { key: text.to_owned(), text: text.to_owned(), since: self.clock.now() };
                    return Ok(JobEnd { problems: vec![problem], is_stopped: false });
                }
            }
            Ok(JobEnd::default())
        }
        .boxed_local()
    }
}

impl World {
    /// Makes a project of one target with lines under `[schedule]`.
    async fn new(schedule: &str) -> World {
        let folder = TempDir::new().expect("a temporary folder");
        let paths = ProjectPaths::new(folder.path(), None);
        write_schedule(folder.path(), schedule);
        let store = paths.open_store().await.expect("an empty folder can hold a store");
        World { folder, paths, store, fates: RefCell::default() }
    }

    /// Lets a scheduler live from one moment to another, or until it is killed or stopped. Returns when that was, and what the
    /// runs were told of earlier tries.
    async fn live(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> (DateTime<Utc>, Vec<Option<EarlierTry>>) {
        let clock = PastClock::new(from, until);
        let (switch, stop): (StopSwitch, Stop) = StopSwitch::new();
        let killed = Notify::new();
        let before = RefCell::default();
        let jobs = FakeJobs { clock: &clock, fates: &self.fates, switch: &switch, killed: &killed, before };
        let lock = lock(&self.paths.data).expect("no other scheduler is there");
        let schedule = Project::open(&self.paths.project).expect("a project").schedule().cloned().expect("a schedule");
        let silent = |_: SchedulerMessage<'_>| {};
        let scheduler = Scheduler {
            paths: &self.paths,
            store: &self.store,
            clock: &clock,
            jobs: &jobs,
            stop: &stop,
            tell: &silent,
        };
        tokio::select! {
            outcome = scheduler.run(schedule, &lock) => outcome.expect("it goes on whatever its jobs do"),
            () = killed.notified() => {}
        }
        (clock.now(), jobs.before.into_inner())
    }

    /// Returns all runs, oldest first.
    async fn runs(&self) -> Vec<JobRun> {
        let mut runs = self.store.job_runs(None, None, ALL).await.expect("read");
        runs.reverse();
        runs
    }

    /// Returns the runs, oldest first: job, due time, reason, try and state.
    async fn run_lines(&self) -> Vec<String> {
        let line = |run: JobRun| {
            let due = run.due.map(|due| due.format("%d %H:%M").to_string()).unwrap_or_default();
            format!("{} {due} {} {} {}", run.job, run.why.word(), run.attempt, run.state.word())
        };
        self.runs().await.into_iter().map(line).collect()
    }

    fn fate(&self, fates: impl IntoIterator<Item = Fate>) {
        self.fates.borrow_mut().extend(fates);
    }
}

fn write_schedule(folder: &Path, schedule: &str) {
    let text = format!("[target.won]\nhorizon = \"30d\"\n\n[schedule]\n{schedule}");
    std::fs::write(folder.join("plumb.toml"), text).expect("writable");
}

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(&format!("{text}:00Z")).expect("a test's time").to_utc()
}

/// Returns the jobs of runs.
fn jobs_of(runs: &[JobRun]) -> Vec<Job> {
    runs.iter().map(|run| run.job).collect()
}
