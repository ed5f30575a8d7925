//! A monitoring run: reports on the champion for each week that has none yet, and alerts on what changed.

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use plumb_lead::{Alert, ModelCard, MonitorReport};
use serde::Serialize;

use super::alerts::alerts;
use super::weeks::{Monitored, weeks};
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
    /// Alerts that no earlier run raised.
    pub(crate) alerts: Vec<Alert>,
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
    let monitored = Monitored { lake, scorer: &scorer, card: &card, label_spec: project.label_spec(target)? };
    report_weeks(&monitored, store, now, progress).await.with_context(|| format!("cannot monitor `{target}`"))
}

async fn report_weeks(
    monitored: &Monitored<'_>,
    store: &Store,
    now: DateTime<Utc>,
    progress: OnProgress<'_>,
) -> Result<MonitorOutcome> {
    let card = monitored.card;
    let known = reports_of_model(store, card).await?;
    let mut missing = weeks(card.as_of, now);
    missing.retain(|from| !known.iter().any(|report| report.from == *from));
    for (done, from) in missing.iter().enumerate() {
        progress(Progress::Items { done, total: missing.len() });
        store.put_monitor_report(&monitored.report(*from).await?).await?;
    }
    let mut new = Vec::new();
    for alert in alerts(&reports_of_model(store, card).await?, &monitored.label_spec) {
        if store.insert_alert_once(&alert).await? {
            new.push(alert);
        }
    }
    Ok(MonitorOutcome {
        target: card.target.clone(),
        model_id: card.model_id.clone(),
        weeks_reported: missing.len(),
        alerts: new,
    })
}

/// Returns the reports on a model, oldest first.
async fn reports_of_model(store: &Store, card: &ModelCard) -> Result<Vec<MonitorReport>> {
    let mut reports = store.reports_of_model(&card.target, &card.model_id, usize::MAX).await?;
    reports.reverse();
    Ok(reports)
}
