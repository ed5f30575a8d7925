//! Training data: all that a training needs, with nothing left to wait for.

use std::sync::Arc;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use plumb_lead::{MessageCatalog, Table};
use plumb_learn::split;

use super::cold_start::ColdStartRows;
use super::fit_config::TrainingSetup;
use super::freeze::{FrozenDataset, freeze};
use super::out_of_core::{RowsOnDisk, sample_rows};
use super::rows::TrainingRows;
use super::screening::Screening;
use super::spec::{TrainingContext, TrainingSpec};
use super::split_rows::SplitRows;
use super::target_check;

/// What a model is trained on.
pub(crate) struct TrainingData {
    pub(super) setup: TrainingSetup,
    pub(super) rows: RowsForTraining,
}

/// The three cases of a training, each with the rows that it needs.
pub(super) enum RowsForTraining {
    /// There are too few outcomes to set some apart.
    ColdStart(ColdStartRows),
    /// All rows are in memory.
    InMemory(SplitRows),
    /// Samples are in memory, and all rows on the disk.
    OutOfCore { samples: SplitRows, on_disk: RowsOnDisk },
}

/// Collects the labelled rows of a target with their features, as they were known.
pub(crate) async fn collect(context: TrainingContext<'_>, spec: TrainingSpec) -> Result<TrainingData> {
    let message = format!("cannot train for `{}` as of {}", spec.target, spec.as_of.format("%Y-%m-%d"));
    let labels = context.lake.labels(&context.project.label_spec(&spec.target)?, spec.as_of).await;
    let labels = labels.with_context(|| message.clone())?;
    let has_rules = context.project.rules_file()?.is_some();
    let lesson = target_check::check(context, &spec, &labels, has_rules).await.with_context(|| message.clone())?;
    let cold_start = ColdStartRows::collect(context, &spec, labels, lesson).await;
    if let Some(rows) = cold_start.with_context(|| message.clone())? {
        let setup = TrainingSetup::read(context, spec)?;
        return Ok(TrainingData { setup, rows: RowsForTraining::ColdStart(rows) });
    }
    let frozen = freeze(context, &spec.target, spec.as_of, &|_, _| ()).await.with_context(|| message.clone())?;
    let setup = TrainingSetup::read(context, spec)?;
    let rows = split_rows(context, &setup, frozen, &message).await?;
    Ok(TrainingData { setup, rows })
}

/// Splits frozen rows for the two fits; out of core, reads only samples of them.
async fn split_rows(
    context: TrainingContext<'_>,
    setup: &TrainingSetup,
    frozen: FrozenDataset,
    message: &str,
) -> Result<RowsForTraining> {
    let TrainingContext { project, data, lake, .. } = context;
    let TrainingSpec { target, as_of, out_of_core, .. } = &setup.spec;
    let FrozenDataset { manifest, rows, flags_note, censored } = frozen;
    let label_known_at: Vec<DateTime<Utc>> = rows.label_known_at.iter().flatten().copied().collect();
    let first_opinion = label_known_at.len();
    let outcomes = &rows.observations[..first_opinion];
    let evaluation =
        split::by_time(outcomes, &label_known_at, setup.target.horizon).with_context(|| message.to_owned())?;
    let mut final_split = split::for_use(outcomes).with_context(|| message.to_owned())?;
    // Opinions teach; they neither choose nor test.
    final_split.train.extend(first_opinion..rows.observations.len());
    let (rows, [evaluation, final_split], on_disk) = match out_of_core {
        None => (TrainingRows::read(data, &manifest, rows)?, [evaluation, final_split], None),
        Some(out_of_core) => {
            let (rows, splits, on_disk) = sample_rows(*out_of_core, data, &manifest, rows, [evaluation, final_split])?;
            (rows, splits, Some(on_disk))
        }
    };
    let label_spec = project.label_spec(target)?;
    let post_outcome_changes = lake.post_outcome_changes(&project.feature_sql()?, &label_spec, *as_of).await?;
    let age_min = label_spec.ages.iter().min().copied().unwrap_or_default();
    let age_span = label_spec.ages.iter().max().copied().unwrap_or_default() - age_min;
    let rows = SplitRows {
        manifest,
        rows: Arc::new(rows),
        first_opinion,
        evaluation,
        final_split,
        age_min,
        age_span,
        flags_note,
        censored,
        post_outcome_changes,
    };
    Ok(match on_disk {
        None => RowsForTraining::InMemory(rows),
        Some(on_disk) => RowsForTraining::OutOfCore { samples: rows, on_disk },
    })
}

impl TrainingData {
    /// Looks for leaks, and decides which features are left out.
    pub(super) fn screening(&self) -> Result<Screening> {
        match &self.rows {
            RowsForTraining::ColdStart(rows) => rows.screening(&self.setup),
            RowsForTraining::InMemory(rows) | RowsForTraining::OutOfCore { samples: rows, .. } => {
                rows.screening(&self.setup)
            }
        }
    }

    /// Returns the rows that are split for a test, or samples of them; `None` for a cold start.
    pub(super) fn split_rows(&self) -> Option<&SplitRows> {
        match &self.rows {
            RowsForTraining::ColdStart(_) => None,
            RowsForTraining::InMemory(rows) | RowsForTraining::OutOfCore { samples: rows, .. } => Some(rows),
        }
    }

    /// Returns the rows that are split for a test, or samples of them. A cold start, in which nothing can be measured, is
    /// an error.
    pub(super) fn rows_to_measure(&self) -> Result<&SplitRows> {
        self.split_rows().context("too few outcomes are known to calibrate and measure an imported model")
    }

    /// Returns the columns of the training rows, which show of what kind each feature is. A cold start is an error.
    pub(crate) fn table(&self) -> Result<&Table> {
        Ok(&self.rows_to_measure()?.rows.table)
    }

    /// Returns the sentences of the features.
    pub(crate) fn message_catalog(&self) -> &MessageCatalog {
        &self.setup.fit_config.message_catalog
    }
}
