//! Runs by hand: the commands of a job leave a row as well.

use anyhow::Result;
use chrono::{DateTime, Utc};
use plumb_schedule::{Job, RunState, Why};
use serde_json::Value;

use super::record::{RunLog, RunRecord};
use crate::ids;
use crate::lifecycle::workspace::ProjectPaths;
use crate::store::{JobRun, Store};

/// A run that somebody began by a command.
pub(crate) struct RunByHand {
    paths: ProjectPaths,
    run: JobRun,
    /// `None` if there was no database when it began: the first ingestion makes it.
    record: Option<RunRecord>,
}

impl RunByHand {
    /// Notes that a job is begun by hand. A data folder without a database gets none by this.
    pub(crate) async fn begin(paths: &ProjectPaths, job: Job, by: &str) -> Result<RunByHand> {
        let run = JobRun {
            run_id: ids::new_id(),
            job,
            why: Why::ByHand,
            by: by.to_owned(),
            due: None,
            attempt: 1,
            started: Utc::now(),
            ended: None,
            state: RunState::Running,
            outcome: None,
            error: None,
            log: String::new(),
        };
        let record = match has_database(paths) {
            true => Some(RunRecord::begin(&paths.open_store().await?, &paths.data, run.clone(), None).await?),
            false => None,
        };
        Ok(RunByHand { paths: paths.clone(), run, record })
    }

    /// Returns what takes the run's lines.
    pub(crate) fn log(&self) -> RunLog {
        self.record.as_ref().map_or_else(RunLog::none, |record| record.log().clone())
    }

    /// Notes what came of the run, and returns it. What `summary` gives is kept of an outcome. A row that cannot be written is a
    /// warning: what the run has done stands.
    pub(crate) async fn end<T>(self, result: Result<T>, summary: impl FnOnce(&T) -> Value) -> Result<T> {
        let (state, outcome, error) = match &result {
            Ok(outcome) => (RunState::Done, Some(summary(outcome)), None),
            Err(error) => (RunState::Failed, None, Some(format!("{error:#}"))),
        };
        if let Err(error) = self.note(Utc::now(), state, outcome, error).await {
            tracing::warn!("the run is not noted: {error:#}");
        }
        result
    }

    async fn note(
        self,
        ended: DateTime<Utc>,
        state: RunState,
        outcome: Option<Value>,
        error: Option<String>,
    ) -> Result<()> {
        let RunByHand { paths, run, record } = self;
        if let Some(mut record) = record {
            if let Some(outcome) = outcome {
                record.note_outcome(outcome).await?;
            }
            return record.end(ended, state, error).await.map(drop);
        }
        if !has_database(&paths) {
            return Ok(());
        }
        let store: Store = paths.open_store().await?;
        store.begin_job_run(&JobRun { ended: Some(ended), state, outcome, error, ..run }, None).await
    }
}

fn has_database(paths: &ProjectPaths) -> bool {
    paths.data.join("plumb.db").is_file()
}
