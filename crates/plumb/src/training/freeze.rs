//! Freezes the labelled rows of a target as a data set.

use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Result, bail};
use chrono::{DateTime, Utc};
use plumb_lake::dataset::{DatasetRows, Manifest};
use plumb_lake::{Labels, Lake};

use super::flags::{Flags, OPINION_WEIGHT};
use super::spec::TrainingContext;

/// A data set that was just frozen.
pub(crate) struct FrozenDataset {
    /// What it was made of.
    pub(crate) manifest: Manifest,
    pub(super) rows: DatasetRows,
    /// What reps' flags changed, as a sentence.
    pub(super) flags_note: Option<String>,
    /// Observations that are too young to have a label.
    pub(crate) censored: usize,
}

/// Freezes the labelled rows of a target with their features, as they were known. `progress` receives the number of rows
/// that are done, and of all rows.
pub(crate) async fn freeze(
    context: TrainingContext<'_>,
    target: &str,
    as_of: DateTime<Utc>,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<FrozenDataset> {
    let TrainingContext { project, data, lake, store } = context;
    let labelled = lake.labels(&project.label_spec(target)?, as_of).await?;
    let (found, censored) = (labelled.observations.len(), labelled.censored);
    let feedback = store.feedback_all(as_of).await?;
    let flags = Flags::read(&feedback, target, project.target(target)?.horizon, as_of);
    let rows = rows_to_freeze(lake, labelled, &flags).await?;
    if rows.observations.is_empty() {
        bail!("no lead is old enough to have an outcome: {censored} rows are too young");
    }
    let (total, done) = (rows.observations.len(), AtomicUsize::new(0));
    let report = |more: usize| progress(done.fetch_add(more, Ordering::Relaxed) + more, total);
    let manifest = lake.freeze(data, target, as_of, &project.feature_sql()?, &rows, &report).await?;
    let outcomes = rows.label_known_at.iter().flatten().count();
    Ok(FrozenDataset { manifest, rows, flags_note: flags.note(found - outcomes), censored })
}

/// Returns the rows that flags leave, and then those of which reps have an opinion.
async fn rows_to_freeze(lake: &Lake, labelled: Labels, flags: &Flags) -> Result<DatasetRows> {
    let Labels { observations, labels, label_known_at, .. } = labelled;
    let mut rows = DatasetRows::default();
    for row in (0..observations.len()).filter(|row| flags.keeps(&observations[*row])) {
        rows.observations.push(observations[row].clone());
        rows.labels.push(labels[row]);
        rows.label_known_at.push(Some(label_known_at[row]));
        rows.weights.push(1.0);
    }
    for (observation, opinion) in &flags.opinions {
        // A flag on a row that a request brought is not on a lead of ours.
        if lake.lead(&observation.lead_id, observation.as_of).await?.is_some() {
            rows.observations.push(observation.clone());
            rows.labels.push(*opinion);
            rows.label_known_at.push(None);
            rows.weights.push(OPINION_WEIGHT);
        }
    }
    Ok(rows)
}
