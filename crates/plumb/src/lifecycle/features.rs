//! Features of leads, frozen as a data set to train on, or written to a file.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use plumb_lead::Observation;
use serde::Serialize;

use super::datasets::DatasetSummary;
use super::progress::{OnProgress, Progress};
use super::workspace::Workspace;
use crate::training;

/// A data set that was frozen.
#[derive(Debug, Serialize)]
pub(crate) struct FrozenDataset {
    /// What it holds.
    #[serde(flatten)]
    pub(crate) dataset: DatasetSummary,
    /// Observations too young to have a label, which are not in it.
    pub(crate) censored: usize,
}

/// A file of features that was written.
#[derive(Debug, Serialize)]
pub(crate) struct FeatureFile {
    /// The file.
    pub(crate) out: PathBuf,
    /// Leads in it.
    pub(crate) rows: usize,
    /// The timestamp at which leads are observed.
    pub(crate) as_of: DateTime<Utc>,
}

/// Freezes the labelled rows of a target with their features, as they were known at `as_of`.
pub(crate) async fn freeze(
    workspace: &Workspace,
    target: &str,
    as_of: DateTime<Utc>,
    progress: OnProgress<'_>,
) -> Result<FrozenDataset> {
    let rows = |done: usize, total: usize| progress(Progress::Items { done, total });
    let frozen = training::freeze(workspace.training_context(), target, as_of, &rows).await?;
    Ok(FrozenDataset { dataset: DatasetSummary::of(&frozen.manifest), censored: frozen.censored })
}

/// Writes the features of all leads, as they were known at `as_of`, to a Parquet file.
pub(crate) async fn write(workspace: &Workspace, as_of: DateTime<Utc>, out: &Path) -> Result<FeatureFile> {
    let leads = workspace.lake.leads(as_of).await?;
    let observations = leads.into_iter().map(|lead| Observation { lead_id: lead.lead_id, as_of });
    let sql = workspace.project.feature_sql()?;
    let rows = workspace
        .lake
        .write_features(&sql, observations, out)
        .await
        .with_context(|| format!("cannot write features to `{}`", out.display()))?;
    Ok(FeatureFile { out: out.to_owned(), rows, as_of })
}
