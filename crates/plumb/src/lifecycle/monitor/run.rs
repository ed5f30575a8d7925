//! A monitoring run: reports on the champion for each week that has none yet, and alerts on what changed.

use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta, Utc};
use plumb_lead::{Alert, AlertKind, AlertState, ModelCard, MonitorReport};
use serde::Serialize;

use super::alerts::{WEEKS_TO_RESOLVE, alerts};
use super::findings::Findings;
use super::weeks::{CountedWeeks, Monitored, weeks};
use crate::lifecycle::progress::{OnProgress, Progress};
use crate::lifecycle::workspace::Workspace;
use crate::registry;
use crate::store::Store;

/// The outcome of a monitoring run.
#[derive(Debug, Serialize)]
pub(crate) struct MonitorOutcome {
    /// The target.
    pub(crate) target: String,
    /// The champion that was monitored.
    pub(crate) model_id: String,
    /// Weeks that this run reported on.
    pub(crate) weeks_reported: usize,
    /// Alerts that are news: new ones, those that came again, and those whose mute has ended.
    pub(crate) alerts: Vec<Alert>,
    /// Alerts of earlier runs that are still there, acknowledged and muted ones included.
    pub(crate) still_there: Vec<Alert>,
    /// Alerts of former champions that this run made history.
    pub(crate) retired: u64,
}

/// Reports on the champion of a target for each whole week from its training to `now` that has no report yet, and
/// returns the alerts that are new.
pub(crate) async fn monitor(
    workspace: &Workspace,
    target: &str,
    now: DateTime<Utc>,
    progress: OnProgress<'_>,
) -> Result<MonitorOutcome> {
    let Workspace { project, lake, store, .. } = workspace;
    let card = registry::champion(store, target)
        .await?
        .with_context(|| format!("target `{target}` has no champion to monitor: run `plumb train` first"))?;
    let scorer = workspace.load_model(&card.model_id).await?;
    let label_spec = project.label_spec(target)?;
    let monitored = Monitored { lake, scorer: &scorer, card: &card, label_spec, budget: project.error_budget() };
    let run = async {
        let retired = store.retire_alerts(target, &card.model_id).await?;
        let weeks_reported = report_weeks(&monitored, store, now, progress).await?;
        let reports = reports_of_model(store, &card).await?;
        let cost = project.target(target)?.cost;
        // Whole rows are looked at once a week: more looks would be more tests than the budget has.
        let newest = reports.last().map(|report| report.from).filter(|_| weeks_reported > 0);
        let row_findings = match newest {
            Some(newest) => monitored.row_findings(newest).await?,
            None => None,
        };
        let findings = Findings {
            reports: &reports,
            rows: &monitored.rows_a_week(now).await?,
            label_spec: &monitored.label_spec,
            budget: &monitored.budget,
            base_rate: scorer.artifact.model.base_rate,
            cost,
            row_findings: row_findings.as_ref(),
        };
        let (mut news, mut still_there) = (Vec::new(), Vec::new());
        let mut found = alerts(&findings);
        found.extend(gone(&store.alerts_of_all(false, usize::MAX).await?, &found, &card, reports.last()));
        for alert in found {
            match store.put_alert(&alert, now).await? {
                true => news.push(alert),
                false => still_there.push(alert.key),
            }
        }
        let current = store.alerts_of_all(false, usize::MAX).await?;
        let still_there = current.into_iter().filter(|alert| still_there.contains(&alert.key)).collect();
        let (target, model_id) = (card.target.clone(), card.model_id.clone());
        Ok(MonitorOutcome { target, model_id, weeks_reported, alerts: news, still_there, retired })
    };
    run.await.map_err(|error: anyhow::Error| error.context(format!("cannot monitor `{target}`")))
}

/// Returns the alerts of whole rows that were not found again for so long that they are gone.
fn gone(known: &[Alert], found: &[Alert], card: &ModelCard, newest: Option<&MonitorReport>) -> Vec<Alert> {
    let of_rows = [AlertKind::Segment, AlertKind::Together, AlertKind::Reasons];
    let is_gone = |alert: &&Alert| {
        of_rows.contains(&alert.kind)
            && alert.target == card.target
            && alert.model_id == card.model_id
            && !found.iter().any(|other| other.key == alert.key)
            && newest.is_some_and(|newest| newest.from - alert.last_seen >= TimeDelta::weeks(WEEKS_TO_RESOLVE))
    };
    known.iter().filter(is_gone).map(|alert| Alert { state: AlertState::Resolved, ..alert.clone() }).collect()
}

/// Reports on each week that has no report with counts yet, and returns how many those were.
async fn report_weeks(
    monitored: &Monitored<'_>,
    store: &Store,
    now: DateTime<Utc>,
    progress: OnProgress<'_>,
) -> Result<usize> {
    let known = reports_of_model(store, monitored.card).await?;
    let mut counted: CountedWeeks =
        known.into_iter().filter_map(|report| Some((report.from, report.counts?))).collect();
    let mut missing = weeks(monitored.card.as_of, now);
    missing.retain(|from| !counted.contains_key(from));
    for (done, from) in missing.iter().enumerate() {
        progress(Progress::Items { done, total: missing.len() });
        store.put_monitor_report(&monitored.report(*from, &mut counted).await?).await?;
    }
    Ok(missing.len())
}

/// Returns the reports on a model, oldest first.
async fn reports_of_model(store: &Store, card: &ModelCard) -> Result<Vec<MonitorReport>> {
    let mut reports = store.reports_of_model(&card.target, &card.model_id, usize::MAX).await?;
    reports.reverse();
    Ok(reports)
}
