//! What people are told of the schedule itself: a job that fails again and again, a source that goes silent. It is an alert of
//! each target, as both concern them all.

use anyhow::Result;
use chrono::{DateTime, Utc};
use plumb_lead::{Alert, AlertCause, AlertKind, AlertState};
use plumb_schedule::{Job, Retries, is_told};

use super::jobs::Problem;
use crate::registry;
use crate::store::{JobRun, Store};

/// What the alert is about, where others name a column.
const COLUMN: &str = "schedule";

/// Raises an alert for a problem, once; returns whether it is new.
pub(super) async fn raise(store: &Store, targets: &[String], problem: &Problem, now: DateTime<Utc>) -> Result<bool> {
    let mut is_new = false;
    for target in targets {
        let champion = registry::champion(store, target).await?;
        let alert = Alert {
            key: format!("{target}/{COLUMN}/{}", problem.key),
            target: target.clone(),
            model_id: champion.map(|card| card.model_id).unwrap_or_default(),
            column: COLUMN.to_owned(),
            kind: AlertKind::Job,
            text: problem.text.clone(),
            segment: None,
            cause: AlertCause::Source,
            advice: "run `plumb status` and `plumb runs`: they say what failed and why".to_owned(),
            cost: None,
            since: problem.since,
            last_seen: now.max(problem.since),
            state: AlertState::Open,
            changed_by: String::new(),
            muted_until: None,
        };
        is_new |= store.put_alert(&alert, now).await?;
    }
    Ok(is_new)
}

/// Notes after a run that came to its end that what was told of its job is mended, but for the problems that it still has.
pub(super) async fn resolve(store: &Store, targets: &[String], job: Job, problems: &[Problem]) -> Result<()> {
    for target in targets {
        let still = problems.iter().map(|problem| format!("{target}/{COLUMN}/{}", problem.key)).collect::<Vec<_>>();
        let mut begins = vec![format!("{target}/{COLUMN}/{job}/")];
        if job == Job::Ingest {
            begins.push(format!("{target}/{COLUMN}/source/"));
        }
        store.resolve_alerts(AlertKind::Job, &begins, &still).await?;
    }
    Ok(())
}

/// Returns what people are told after a run that came to nothing; `None` if there are tries left, or they know.
pub(super) async fn in_vain(
    store: &Store,
    retries: Retries,
    run: &JobRun,
    now: DateTime<Utc>,
) -> Result<Option<Problem>> {
    let (runs, since) = store.job_runs_in_vain(run.job).await?;
    if !is_told(retries, runs) {
        return Ok(None);
    }
    let since = since.unwrap_or(now);
    Ok(Some(Problem {
        key: format!("{}/{}", run.job, since.timestamp()),
        text: in_vain_text(run.job, runs, since, run.error.as_deref().unwrap_or("no reason is known")),
        since,
    }))
}

fn in_vain_text(job: Job, runs: u32, since: DateTime<Utc>, error: &str) -> String {
    let times = if runs == 1 { "once".to_owned() } else { format!("{runs} times in a row") };
    format!(
        "the job `{job}` came to nothing {times} since {}: {error}; see `plumb runs --job {job}`, and run `plumb {}` when the cause \
         is mended",
        since.format("%Y-%m-%d %H:%M"),
        job.command()
    )
}
