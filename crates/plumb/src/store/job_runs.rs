//! The runs of jobs.
//!
//! A run of the schedule and the due times that it stands for are noted in one transaction before it begins, so that no due
//! time is made twice, whenever the program is killed.

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use plumb_schedule::{Job, LastRun, RunState, Why};
use serde::Serialize;
use serde_json::Value;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::database::Store;
use super::timestamps::{from_micros, to_micros};

/// A log that is longer loses its further lines: a job that reports without an end may not fill the disk.
const LOG_BYTES_MAX: i64 = 64 << 10;

/// One run of a job, or one that was skipped.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct JobRun {
    /// Its id.
    pub(crate) run_id: String,
    /// The job.
    pub(crate) job: Job,
    /// Why it began.
    pub(crate) why: Why,
    /// Who began it: `schedule`, or a user.
    pub(crate) by: String,
    /// The time that it was due; `None` if somebody gave the command.
    pub(crate) due: Option<DateTime<Utc>>,
    /// Which try of its due time it is, from 1.
    pub(crate) attempt: u32,
    /// When it began.
    pub(crate) started: DateTime<Utc>,
    /// When it ended; `None` if it goes on, or nobody saw its end.
    pub(crate) ended: Option<DateTime<Utc>>,
    /// What became of it.
    pub(crate) state: RunState,
    /// What it did, as far as it has come: rows, rejected ones, alerts, models.
    pub(crate) outcome: Option<Value>,
    /// Why it failed, was skipped, or ended early.
    pub(crate) error: Option<String>,
    /// What it reported while it went on, a line each.
    pub(crate) log: String,
}

impl Store {
    /// Notes a run that begins, or a skipped one, and up to which due time the schedule has come by it.
    pub(crate) async fn begin_job_run(&self, run: &JobRun, considered_until: Option<DateTime<Utc>>) -> Result<()> {
        let outcome = run.outcome.as_ref().map(Value::to_string);
        let mut transaction = self.write().await?;
        sqlx::query(
            "INSERT INTO job_run
             (run_id, job, why, by_whom, due_at, attempt, started_at, ended_at, state, outcome_json, error, log)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&run.run_id)
        .bind(run.job.word())
        .bind(run.why.word())
        .bind(&run.by)
        .bind(run.due.map(to_micros))
        .bind(run.attempt)
        .bind(to_micros(run.started))
        .bind(run.ended.map(to_micros))
        .bind(run.state.word())
        .bind(outcome)
        .bind(&run.error)
        .bind(&run.log)
        .execute(&mut *transaction)
        .await
        .context("cannot note a run")?;
        if let Some(until) = considered_until {
            let update = sqlx::query("UPDATE job_timing SET considered_until = ? WHERE job = ?");
            let update = update.bind(to_micros(until)).bind(run.job.word()).execute(&mut *transaction);
            update.await.context("cannot note how far the schedule has come")?;
        }
        transaction.commit().await.context("cannot commit a run")
    }

    /// Adds lines to the log of a run.
    pub(crate) async fn log_job_run(&self, run_id: &str, lines: &str) -> Result<()> {
        let mut transaction = self.write().await?;
        let update = sqlx::query("UPDATE job_run SET log = log || ? WHERE run_id = ? AND length(log) < ?");
        let update = update.bind(lines).bind(run_id).bind(LOG_BYTES_MAX).execute(&mut *transaction);
        update.await.context("cannot note what a run reports")?;
        transaction.commit().await.context("cannot commit what a run reports")
    }

    /// Notes what a run has done so far.
    pub(crate) async fn note_job_outcome(&self, run_id: &str, outcome: &Value) -> Result<()> {
        let mut transaction = self.write().await?;
        let update = sqlx::query("UPDATE job_run SET outcome_json = ? WHERE run_id = ?");
        let update = update.bind(outcome.to_string()).bind(run_id).execute(&mut *transaction);
        update.await.context("cannot note what a run has done")?;
        transaction.commit().await.context("cannot commit what a run has done")
    }

    /// Notes the end of a run that is still running by its row; returns whether it was.
    pub(crate) async fn end_job_run(
        &self,
        run_id: &str,
        ended: Option<DateTime<Utc>>,
        state: RunState,
        error: Option<&str>,
    ) -> Result<bool> {
        let mut transaction = self.write().await?;
        let update =
            sqlx::query("UPDATE job_run SET ended_at = ?, state = ?, error = ? WHERE run_id = ? AND state = 'running'");
        let update = update.bind(ended.map(to_micros)).bind(state.word()).bind(error).bind(run_id);
        let done = update.execute(&mut *transaction).await.context("cannot note the end of a run")?;
        transaction.commit().await.context("cannot commit the end of a run")?;
        Ok(done.rows_affected() == 1)
    }

    /// Returns the runs that are running by their rows.
    pub(crate) async fn running_job_runs(&self) -> Result<Vec<JobRun>> {
        let rows = sqlx::query("SELECT * FROM job_run WHERE state = 'running' ORDER BY started_at, run_id");
        let rows = rows.fetch_all(&self.readers).await.context("cannot read the runs")?;
        rows.iter().map(read_run).collect()
    }

    /// Returns the runs of a job, or of all, behind a place, newest first.
    pub(crate) async fn job_runs(
        &self,
        job: Option<Job>,
        after: Option<&(DateTime<Utc>, String)>,
        limit: usize,
    ) -> Result<Vec<JobRun>> {
        let (started, run_id) = after.map_or((i64::MAX, ""), |(started, id)| (to_micros(*started), id));
        let rows = match job {
            Some(job) => sqlx::query(
                "SELECT * FROM job_run WHERE job = ? AND (started_at, run_id) < (?, ?)
                 ORDER BY started_at DESC, run_id DESC LIMIT ?",
            )
            .bind(job.word()),
            None => sqlx::query(
                "SELECT * FROM job_run WHERE (started_at, run_id) < (?, ?) ORDER BY started_at DESC, run_id DESC LIMIT ?",
            ),
        };
        let rows = rows.bind(started).bind(run_id).bind(i64::try_from(limit)?);
        let rows = rows.fetch_all(&self.lists).await.context("cannot read the runs")?;
        rows.iter().map(read_run).collect()
    }

    /// Returns the newest run that the schedule began of a job; a skipped one is none.
    pub(crate) async fn last_scheduled_run(&self, job: Job) -> Result<Option<JobRun>> {
        let row = sqlx::query(
            "SELECT * FROM job_run WHERE job = ? AND due_at IS NOT NULL AND state <> 'skipped'
             ORDER BY started_at DESC, run_id DESC LIMIT 1",
        );
        let row = row.bind(job.word()).fetch_optional(&self.readers).await.context("cannot read the last run")?;
        row.as_ref().map(read_run).transpose()
    }

    /// Returns how many runs of the schedule in a row have come to nothing, the newest of a job, and when the first of them
    /// began.
    pub(crate) async fn job_runs_in_vain(&self, job: Job) -> Result<(u32, Option<DateTime<Utc>>)> {
        let found: (i64, Option<i64>) = sqlx::query_as(
            "SELECT count(*), min(started_at) FROM job_run
             WHERE job = ?1 AND due_at IS NOT NULL AND state IN ('failed', 'interrupted') AND started_at >
               (SELECT coalesce(max(started_at), -1) FROM job_run WHERE job = ?1 AND due_at IS NOT NULL AND state = 'done')",
        )
        .bind(job.word())
        .fetch_one(&self.readers)
        .await
        .context("cannot count the runs that failed")?;
        Ok((u32::try_from(found.0).unwrap_or(u32::MAX), found.1.map(from_micros).transpose()?))
    }

    /// Returns the newest moment that a run of the schedule has noted.
    pub(crate) async fn newest_job_moment(&self) -> Result<Option<DateTime<Utc>>> {
        let sql = "SELECT max(max(started_at, coalesce(ended_at, 0))) FROM job_run WHERE due_at IS NOT NULL";
        let newest: Option<i64> =
            sqlx::query_scalar(sql).fetch_one(&self.readers).await.context("cannot read the runs")?;
        newest.map(from_micros).transpose()
    }
}

impl JobRun {
    /// Returns what the schedule has to know of the run.
    pub(crate) fn as_last(&self) -> Option<LastRun> {
        let JobRun { due, started, ended, state, attempt, .. } = self;
        due.map(|due| LastRun { due, started: *started, ended: *ended, state: *state, attempt: *attempt })
    }
}

fn read_run(row: &SqliteRow) -> Result<JobRun> {
    let (why, state): (&str, &str) = (row.try_get("why")?, row.try_get("state")?);
    let outcome: Option<&str> = row.try_get("outcome_json")?;
    let moment = |name: &str| -> Result<Option<DateTime<Utc>>> {
        row.try_get::<Option<i64>, _>(name)?.map(from_micros).transpose()
    };
    Ok(JobRun {
        run_id: row.try_get("run_id")?,
        job: Job::parse(row.try_get("job")?)?,
        why: Why::ALL.into_iter().find(|known| known.word() == why).with_context(|| format!("`{why}` is no reason"))?,
        by: row.try_get("by_whom")?,
        due: moment("due_at")?,
        attempt: row.try_get("attempt")?,
        started: from_micros(row.try_get("started_at")?)?,
        ended: moment("ended_at")?,
        state: RunState::ALL
            .into_iter()
            .find(|known| known.word() == state)
            .with_context(|| format!("`{state}` is no state of a run"))?,
        outcome: outcome.map(serde_json::from_str).transpose().context("what a run did is unreadable")?,
        error: row.try_get("error")?,
        log: row.try_get("log")?,
    })
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use plumb_schedule::{JobTiming, Timing};
    use serde_json::json;

    use super::super::job_timings::KeptTiming;
    use super::super::tests::{empty, hour_of_new_year};
    use super::*;

    fn run(id: &str, hour: u32, state: RunState) -> JobRun {
        JobRun {
            run_id: id.to_owned(),
            job: Job::Ingest,
            why: Why::Schedule,
            by: "schedule".to_owned(),
            due: Some(hour_of_new_year(hour)),
            attempt: 1,
            started: hour_of_new_year(hour),
            ended: (state != RunState::Running).then(|| hour_of_new_year(hour)),
            state,
            outcome: None,
            error: None,
            log: String::new(),
        }
    }

    fn kept(hour: u32) -> KeptTiming {
        let timing = Timing::parse("30 2 * * *", "Europe/Berlin").expect("a timing");
        let timing = JobTiming { job: Job::Ingest, timing, offset: TimeDelta::seconds(7) };
        KeptTiming { timing, considered_until: hour_of_new_year(hour) }
    }

    #[tokio::test]
    async fn a_run_is_noted_with_how_far_the_schedule_has_come_and_ends_once() {
        let (store, _folder) = empty().await;
        store.keep_timing(&kept(0)).await.expect("written");
        let mut first = run("a", 2, RunState::Running);
        store.begin_job_run(&first, first.due).await.expect("written");
        assert_eq!(store.kept_timings().await.expect("read"), [kept(2)]);
        assert_eq!(store.running_job_runs().await.expect("read"), std::slice::from_ref(&first));
        store.begin_job_run(&first, None).await.expect_err("it has begun");
        store.log_job_run("a", "reads\n").await.expect("written");
        store.log_job_run("a", "derives\n").await.expect("written");
        store.note_job_outcome("a", &json!({ "rows": 7 })).await.expect("written");
        let end = Some(hour_of_new_year(3));
        assert!(store.end_job_run("a", end, RunState::Failed, Some("no")).await.expect("written"));
        assert!(!store.end_job_run("a", None, RunState::Interrupted, None).await.expect("written"), "it has ended");
        first = JobRun {
            ended: end,
            state: RunState::Failed,
            outcome: Some(json!({ "rows": 7 })),
            error: Some("no".to_owned()),
            log: "reads\nderives\n".to_owned(),
            ..first
        };
        assert_eq!(store.last_scheduled_run(Job::Ingest).await.expect("read"), Some(first));
        assert_eq!(store.newest_job_moment().await.expect("read"), end);
        store.drop_timing(Job::Ingest).await.expect("written");
        assert_eq!(store.kept_timings().await.expect("read"), []);
    }

    #[tokio::test]
    async fn runs_are_listed_newest_first_in_parts_and_those_in_vain_are_counted() {
        let (store, _folder) = empty().await;
        let states = [RunState::Failed, RunState::Done, RunState::Failed, RunState::Interrupted, RunState::Skipped];
        for (hour, state) in (1..).zip(states) {
            store.begin_job_run(&run(&format!("r{hour}"), hour, state), None).await.expect("written");
        }
        let by_hand = JobRun { job: Job::Score, due: None, ..run("s", 9, RunState::Failed) };
        store.begin_job_run(&by_hand, None).await.expect("written");
        let ids = |runs: Vec<JobRun>| runs.into_iter().map(|run| run.run_id).collect::<Vec<_>>();
        assert_eq!(ids(store.job_runs(None, None, 3).await.expect("read")), ["s", "r5", "r4"]);
        let behind = (hour_of_new_year(4), "r4".to_owned());
        assert_eq!(ids(store.job_runs(Some(Job::Ingest), Some(&behind), 9).await.expect("read")), ["r3", "r2", "r1"]);
        let in_vain = store.job_runs_in_vain(Job::Ingest).await.expect("read");
        assert_eq!(in_vain, (2, Some(hour_of_new_year(3))));
        assert_eq!(store.job_runs_in_vain(Job::Score).await.expect("read"), (0, None), "nobody scheduled it");
        let last = store.last_scheduled_run(Job::Ingest).await.expect("read").expect("there are some");
        assert_eq!(last.run_id, "r4", "a skipped one is none");
    }
}
