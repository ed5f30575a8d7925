//! How far the schedule has come with each job. [`Store::begin_job_run`] moves it, with the row of the run.

use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta, Utc};
use plumb_schedule::{History, Job, JobTiming, Timing};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::database::Store;
use super::job_runs::JobRun;
use super::timestamps::{from_micros, to_micros};

/// The times of a job that the schedule keeps, and how far it has come.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct KeptTiming {
    /// The job with its times.
    pub(crate) timing: JobTiming,
    /// Due times until this one are dealt with.
    pub(crate) considered_until: DateTime<Utc>,
}

impl Store {
    /// Returns the times that the schedule keeps, in the order of the jobs. Those that this program cannot read are left out.
    pub(crate) async fn kept_timings(&self) -> Result<Vec<KeptTiming>> {
        let rows = sqlx::query("SELECT * FROM job_timing").fetch_all(&self.readers).await;
        let rows = rows.context("cannot read how far the schedule has come")?;
        let mut kept =
            rows.iter().map(read_timing).collect::<Result<Vec<_>>>()?.into_iter().flatten().collect::<Vec<_>>();
        kept.sort_by_key(|kept| kept.timing.job);
        Ok(kept)
    }

    /// Keeps the times of a job from a moment on.
    pub(crate) async fn keep_timing(&self, kept: &KeptTiming) -> Result<()> {
        let JobTiming { job, timing, offset } = &kept.timing;
        let mut transaction = self.write().await?;
        sqlx::query(
            "INSERT OR REPLACE INTO job_timing (job, expression, time_zone, offset_s, considered_until)
             VALUES (?, ?, ?, ?, ?)",
        )
        .bind(job.word())
        .bind(timing.expression())
        .bind(timing.time_zone())
        .bind(offset.num_seconds())
        .bind(to_micros(kept.considered_until))
        .execute(&mut *transaction)
        .await
        .context("cannot keep the times of a job")?;
        transaction.commit().await.context("cannot commit the times of a job")
    }

    /// Keeps the times of a job no longer.
    pub(crate) async fn drop_timing(&self, job: Job) -> Result<()> {
        let mut transaction = self.write().await?;
        let delete = sqlx::query("DELETE FROM job_timing WHERE job = ?").bind(job.word());
        delete.execute(&mut *transaction).await.context("cannot drop the times of a job")?;
        transaction.commit().await.context("cannot commit that the times of a job are dropped")
    }
}

impl KeptTiming {
    /// Returns what the schedule has to know of a job.
    pub(crate) fn history(&self, last: Option<&JobRun>, is_run_by_hand: bool) -> History {
        History { considered_until: self.considered_until, last: last.and_then(JobRun::as_last), is_run_by_hand }
    }
}

/// Reads the times of a job; `None` if another version of the program knew them.
fn read_timing(row: &SqliteRow) -> Result<Option<KeptTiming>> {
    let timing = Timing::parse(row.try_get("expression")?, row.try_get("time_zone")?);
    let (Ok(job), Ok(timing)) = (Job::parse(row.try_get("job")?), timing) else { return Ok(None) };
    let offset = TimeDelta::try_seconds(row.try_get("offset_s")?).unwrap_or_default();
    let considered_until = from_micros(row.try_get("considered_until")?)?;
    Ok(Some(KeptTiming { timing: JobTiming { job, timing, offset }, considered_until }))
}
