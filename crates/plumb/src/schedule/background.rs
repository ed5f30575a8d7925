//! The schedule in the background of a server: on a thread of its own with a runtime of its own, so that no job holds up a
//! request. While another process runs the schedule of the data folder, it waits to take its place.

use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::sync::oneshot;

use super::clock::SystemClock;
use super::jobs::ProjectJobs;
use super::scheduler::{Scheduler, SchedulerMessage, lock};
use super::stop::{Stop, StopSwitch};
use crate::lifecycle::workspace::ProjectPaths;
use crate::project::{Project, Schedule};

/// How soon a scheduler that met an error, or another that runs the schedule, tries again.
const TRY_AGAIN: Duration = Duration::from_secs(30);

/// How long a server that is stopped waits for the job that runs. A job that takes longer is taken up at the next start.
const END_WAIT: Duration = Duration::from_secs(20);

/// A schedule that runs in the background.
pub(crate) struct Background {
    switch: StopSwitch,
    ended: oneshot::Receiver<()>,
    _thread: JoinHandle<()>,
}

impl Background {
    /// Begins to run the schedule of a project, if it has one.
    pub(crate) fn of_project(paths: &ProjectPaths) -> Result<Option<Background>> {
        if !Project::is_at(&paths.project) {
            return Ok(None);
        }
        let schedule = Project::open(&paths.project)?.schedule().cloned();
        schedule.map(|schedule| Background::begin(paths.clone(), schedule)).transpose()
    }

    fn begin(paths: ProjectPaths, schedule: Schedule) -> Result<Background> {
        let (switch, stop) = StopSwitch::new();
        let (sender, ended) = oneshot::channel();
        let runtime = tokio::runtime::Runtime::new().context("cannot start the threads of the schedule")?;
        let work = move || {
            runtime.block_on(run(&paths, schedule, &stop));
            // What a cancelled training leaves behind ends by itself.
            runtime.shutdown_background();
            let _ = sender.send(());
        };
        let thread = std::thread::Builder::new().name("schedule".to_owned()).spawn(work);
        Ok(Background { switch, ended, _thread: thread.context("cannot start the thread of the schedule")? })
    }

    /// Stops the schedule, and waits a while for the job that runs.
    pub(crate) async fn stop(self) {
        self.switch.stop();
        if tokio::time::timeout(END_WAIT, self.ended).await.is_err() {
            tracing::warn!("a job still runs after {} s: it is taken up at the next start", END_WAIT.as_secs());
        }
    }
}

/// Runs the schedule until a stop is asked for, whatever fails.
async fn run(paths: &ProjectPaths, schedule: Schedule, stop: &Stop) {
    let mut said = None;
    while !stop.is_asked() {
        if let Err(error) = run_once(paths, schedule.clone(), stop).await {
            let error = format!("{error:#}");
            // Another process that goes on for a year is one line, and not a million.
            if said.as_ref() != Some(&error) {
                tracing::warn!("the schedule does not run here now: {error}");
            }
            said = Some(error);
        }
        tokio::select! {
            () = stop.asked() => {}
            () = tokio::time::sleep(TRY_AGAIN) => {}
        }
    }
}

async fn run_once(paths: &ProjectPaths, schedule: Schedule, stop: &Stop) -> Result<()> {
    let lock = lock(&paths.data)?;
    let store = paths.open_store().await?;
    // It may have changed while another process ran it.
    let schedule = Project::open(&paths.project)?.schedule().cloned().unwrap_or(schedule);
    let jobs = ProjectJobs { paths: paths.clone() };
    let scheduler = Scheduler { paths, store: &store, clock: &SystemClock, jobs: &jobs, stop, tell: &log };
    scheduler.run(schedule, &lock).await
}

/// Writes a message into the log.
fn log(message: SchedulerMessage<'_>) {
    match message {
        SchedulerMessage::Run(run) => {
            let (job, state, why) = (run.job.word(), run.state.word(), run.why.word());
            match &run.error {
                Some(error) => tracing::warn!(job, why, "a run is {state}: {error}"),
                None => tracing::info!(job, why, "a run is {state}"),
            }
        }
        SchedulerMessage::Note(line) => tracing::warn!("{line}"),
    }
}
