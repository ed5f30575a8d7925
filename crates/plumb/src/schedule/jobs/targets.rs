//! The jobs that work on each target: score, monitor, retrain. A target that fails does not keep the others from their turn.

use std::sync::Arc;

use anyhow::{Result, bail};
use chrono::{DateTime, SubsecRound, Utc};
use plumb_lead::Recency;
use plumb_schedule::Job;
use serde_json::{Map, Value, json};

use super::push_afterwards::{BY, WAIT, push_afterwards};
use super::request::{JobEnd, JobRequest};
use crate::lifecycle::locks;
use crate::lifecycle::monitor::monitor;
use crate::lifecycle::retrain::{RetrainingOutcome, retrain, settle};
use crate::lifecycle::score::{LeadsRequest, score_leads};
use crate::lifecycle::workspace::{ProjectPaths, Workspace};
use crate::project::Project;
use crate::registry;
use crate::runs::RunLog;
use crate::schedule::summary;
use crate::training::{LeftOut, ProgressCallback, Search, TrainingEvent, TrainingSpec};

/// The seed of everything random in a training, as the command's default is.
const SEED: u64 = 1;

/// Runs a job on each target of a project. Between two of them it can be stopped; what an earlier try has done is left.
pub(super) async fn run(paths: &ProjectPaths, project: Project, request: JobRequest<'_>) -> Result<JobEnd> {
    let JobRequest { job, as_of, record, stop, before } = request;
    let opened = Workspace::open(paths).await?;
    let workspace = Workspace { project, ..opened }.if_locked(WAIT);
    let since = before.as_ref().map(|before| before.started);
    let mut done = done_before(before.and_then(|before| before.outcome));
    let mut failures = Vec::new();
    let log = record.log().clone();
    for target in workspace.project.targets_meant(&[])? {
        if done.contains_key(&target) {
            log.line(&format!("{target}: done by an earlier try"));
            continue;
        }
        if stop.is_asked() {
            log.line(&format!("{target}: not begun, as a stop was asked for"));
            return Ok(JobEnd { is_stopped: true, ..JobEnd::default() });
        }
        if job == Job::Score && is_scored_since(&workspace, &target, since).await? {
            log.line(&format!("{target}: scored by an earlier try, which did not come to note it"));
            continue;
        }
        log.line(&format!("{target}: begins"));
        match run_target(&workspace, job, &target, as_of.is_some(), &log).await {
            Ok(outcome) => {
                done.insert(target, outcome);
                record.note_outcome(json!({ "targets": done })).await?;
            }
            Err(error) => {
                log.line(&format!("{target}: {error:#}"));
                failures.push(format!("{target}: {error:#}"));
            }
        }
    }
    if job == Job::Retrain && !done.is_empty() {
        push_afterwards(paths, &workspace.project, record).await;
    }
    match failures.is_empty() {
        true => Ok(JobEnd::default()),
        false => bail!("{}", failures.join("; ")),
    }
}

/// Returns what an earlier try of the same due time has done of each target.
fn done_before(before: Option<Value>) -> Map<String, Value> {
    match before {
        Some(Value::Object(mut outcome)) => match outcome.remove("targets") {
            Some(Value::Object(targets)) => targets,
            _ => Map::new(),
        },
        _ => Map::new(),
    }
}

/// Returns whether all open leads of a target were scored by its champion since an earlier try began.
async fn is_scored_since(workspace: &Workspace, target: &str, since: Option<DateTime<Utc>>) -> Result<bool> {
    let (store, Some(since)) = (&workspace.store, since) else { return Ok(false) };
    if store.unfinished_run(target).await?.is_some() {
        return Ok(false);
    }
    let champion = registry::champion(store, target).await?.map(|card| card.model_id);
    let newest = store.latest_predictions(target, 1, None, None).await?;
    // Times are kept by the microsecond.
    let since = since.trunc_subsecs(6);
    Ok(newest.first().is_some_and(|newest| newest.as_of >= since && Some(&newest.model_id) == champion.as_ref()))
}

async fn run_target(workspace: &Workspace, job: Job, target: &str, is_fixed: bool, log: &RunLog) -> Result<Value> {
    let now = workspace.project.now(None);
    let progress = |progress: crate::lifecycle::progress::Progress<'_>| log.progress(progress);
    match job {
        Job::Score => {
            let request = LeadsRequest { target, as_of: now, is_fixed, history: false };
            let scored = summary::scored(&score_leads(workspace, request, &progress).await?);
            settle_in_log(workspace, target, now, log).await?;
            Ok(scored)
        }
        Job::Monitor => {
            let _lock = locks::job(&workspace.data, job, target, WAIT, &progress)?;
            let monitored = summary::monitored(&monitor(workspace, target, now, &progress).await?);
            settle_in_log(workspace, target, now, log).await?;
            Ok(monitored)
        }
        Job::Retrain => {
            let _lock = locks::job(&workspace.data, job, target, WAIT, &progress)?;
            settle_in_log(workspace, target, now, log).await?;
            let spec = TrainingSpec {
                target: target.to_owned(),
                as_of: now,
                seed: SEED,
                search: Search::Usual,
                out_of_core: None,
                left_out: LeftOut::Suspects,
                recency: Recency::default(),
            };
            let retrained = retrain(workspace, spec, BY, &in_log(log)).await?;
            match &retrained {
                RetrainingOutcome::NotTrained(not) if not.reason.is_refusal() => bail!("not retrained: {}", not.why),
                RetrainingOutcome::NotTrained(not) => log.line(&format!("{target}: {}", not.why)),
                RetrainingOutcome::Trained(_) => {}
            }
            Ok(summary::retrained(&retrained))
        }
        Job::Ingest | Job::Compact | Job::BackUp => bail!("`{job}` works on no target"),
    }
}

/// Settles what retraining has left open of a target.
async fn settle_in_log(workspace: &Workspace, target: &str, now: DateTime<Utc>, log: &RunLog) -> Result<()> {
    let settlement = settle(workspace, target, now).await?;
    settlement.settled.iter().for_each(|settled| log.line(&format!("{target}: {}", settled.words())));
    Ok(())
}

/// Returns what takes the events of a training, of which those that come by the dozen are left out.
fn in_log(log: &RunLog) -> ProgressCallback {
    let log = log.clone();
    Arc::new(move |event: TrainingEvent| match event {
        TrainingEvent::SettingsTried { .. } => {}
        event => log.line(&event.to_string()),
    })
}
