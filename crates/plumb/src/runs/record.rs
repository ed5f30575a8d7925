//! The row of a run that goes on.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use plumb_lake::{DataLock, IfLocked};
use plumb_schedule::RunState;
use serde_json::Value;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

use crate::lifecycle::progress::Progress;
use crate::store::{JobRun, Store};

/// A run that goes on. Its row is there before it begins.
pub(crate) struct RunRecord {
    store: Store,
    run: JobRun,
    log: RunLog,
    writer: JoinHandle<()>,
    _lock: DataLock,
}

/// Takes the lines that a run reports, from any thread.
#[derive(Clone)]
pub(crate) struct RunLog {
    begun: Instant,
    /// `None`: nobody keeps them.
    lines: Option<UnboundedSender<Message>>,
}

enum Message {
    Line(String),
    End,
}

impl RunRecord {
    /// Notes a run that begins, and up to which due time the schedule has come by it.
    pub(crate) async fn begin(
        store: &Store,
        data: &Path,
        run: JobRun,
        considered_until: Option<DateTime<Utc>>,
    ) -> Result<RunRecord> {
        // Before the row: whoever finds it looks for the lock.
        let lock = DataLock::acquire(data, &lock_area(&run.run_id), IfLocked::Refuse, &|_| ())?.removed_at_end();
        store.begin_job_run(&run, considered_until).await?;
        let (sender, receiver) = unbounded_channel();
        let writer = tokio::spawn(write_lines(store.clone(), run.run_id.clone(), receiver));
        let log = RunLog { begun: Instant::now(), lines: Some(sender) };
        Ok(RunRecord { store: store.clone(), run, log, writer, _lock: lock })
    }

    /// Returns what takes the run's lines.
    pub(crate) fn log(&self) -> &RunLog {
        &self.log
    }

    /// Notes what the run has done so far.
    pub(crate) async fn note_outcome(&mut self, outcome: Value) -> Result<()> {
        self.store.note_job_outcome(&self.run.run_id, &outcome).await?;
        self.run.outcome = Some(outcome);
        Ok(())
    }

    /// Notes the end of the run, and returns it as its row is then.
    pub(crate) async fn end(self, ended: DateTime<Utc>, state: RunState, error: Option<String>) -> Result<JobRun> {
        let RunRecord { store, run, log, writer, _lock } = self;
        log.send(Message::End);
        writer.await.context("writing the log of a run ended early")?;
        store.end_job_run(&run.run_id, Some(ended), state, error.as_deref()).await?;
        Ok(JobRun { ended: Some(ended), state, error, ..run })
    }
}

impl RunLog {
    /// Returns a log that nobody keeps.
    pub(super) fn none() -> RunLog {
        RunLog { begun: Instant::now(), lines: None }
    }

    /// Adds a line, with the seconds since the run began.
    pub(crate) fn line(&self, line: &str) {
        let line = line.replace(['\n', '\r'], " ");
        self.send(Message::Line(format!("{:>6} s  {line}\n", self.begun.elapsed().as_secs())));
    }

    /// Adds what an operation reports, but for how many of its items are done.
    pub(crate) fn progress(&self, progress: Progress) {
        match progress {
            Progress::Step(line) | Progress::Waiting(line) => self.line(line),
            Progress::Items { .. } => {}
        }
    }

    fn send(&self, message: Message) {
        if let Some(lines) = &self.lines {
            // After the end of the run nobody takes lines.
            let _ = lines.send(message);
        }
    }
}

/// Returns the name of the lock that a run holds.
pub(super) fn lock_area(run_id: &str) -> String {
    format!("run-{run_id}")
}

/// Writes lines as they come: those of a run that is killed are there as well.
async fn write_lines(store: Store, run_id: String, mut receiver: UnboundedReceiver<Message>) {
    while let Some(Message::Line(mut lines)) = receiver.recv().await {
        let mut has_ended = false;
        while let Ok(message) = receiver.try_recv() {
            match message {
                Message::Line(line) => lines.push_str(&line),
                Message::End => has_ended = true,
            }
        }
        if let Err(error) = store.log_job_run(&run_id, &lines).await {
            tracing::warn!("a part of the log of run {run_id} is lost: {error:#}");
        }
        if has_ended {
            return;
        }
    }
}
