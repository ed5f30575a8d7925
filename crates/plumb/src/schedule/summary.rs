//! What is kept of the outcome of a run: figures, names and ids, and no rows.

use serde_json::{Map, Value, json};

use crate::lifecycle::ingest::IngestOutcome;
use crate::lifecycle::monitor::MonitorOutcome;
use crate::lifecycle::retrain::RetrainingOutcome;
use crate::lifecycle::score::LeadScores;

/// Returns what is kept of an ingestion.
pub(crate) fn ingested(outcome: &IngestOutcome) -> Value {
    let rows = |count: fn(&plumb_lake::SourceReport) -> u64| outcome.sources.iter().map(count).sum::<u64>();
    let failed: Map<String, Value> = outcome
        .sources
        .iter()
        .filter_map(|source| Some((source.source.clone(), Value::from(source.failure.as_deref()?))))
        .collect();
    json!({
        "rows_read": rows(|source| source.rows_read),
        "rows_new": rows(|source| source.rows_new),
        "rows_deleted": rows(|source| source.rows_deleted),
        "rows_rejected": outcome.rejected.len(),
        "rows_rejected_total": outcome.rejected_total,
        "leads": outcome.counts.leads,
        "events": outcome.counts.events,
        "outcomes": outcome.counts.outcomes,
        "sources_not_read": failed,
    })
}

/// Returns what is kept of a scoring of a target.
pub(crate) fn scored(outcome: &LeadScores) -> Value {
    json!({ "model": outcome.model_id, "leads": outcome.leads, "leads_before": outcome.leads_before })
}

/// Returns what is kept of the monitoring of a target.
pub(crate) fn monitored(outcome: &MonitorOutcome) -> Value {
    let alerts: Vec<&str> = outcome.alerts.iter().map(|alert| alert.key.as_str()).collect();
    json!({ "model": outcome.model_id, "weeks": outcome.weeks_reported, "alerts": alerts })
}

/// Returns what is kept of a retraining of a target.
pub(crate) fn retrained(outcome: &RetrainingOutcome) -> Value {
    match outcome {
        RetrainingOutcome::Trained(retraining) => {
            let candidates = retraining.training.candidates.iter();
            let models: Vec<&str> = candidates.map(|card| card.model_id.as_str()).collect();
            json!({
                "champion_before": retraining.champion,
                "model": retraining.training.best().model_id,
                "models": models,
                "decision": retraining.decision,
            })
        }
        RetrainingOutcome::NotTrained(not) => json!({ "not_trained": not }),
    }
}

/// Returns the outcomes of targets, by their names, as they are kept.
pub(crate) fn of_targets<'a, T: 'a>(
    outcomes: impl IntoIterator<Item = &'a T>,
    target: fn(&T) -> &str,
    summary: fn(&T) -> Value,
) -> Value {
    let targets: Map<String, Value> =
        outcomes.into_iter().map(|outcome| (target(outcome).to_owned(), summary(outcome))).collect();
    json!({ "targets": targets })
}
