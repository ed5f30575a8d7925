//! The frozen data sets: which models were trained on each, and what has changed since.

use std::path::Path;

use anyhow::Result;
use plumb_lake::dataset::{self, Manifest};
use plumb_lake::feature_expressions;
use plumb_lead::ModelCard;

use super::outcome::DatasetStatus;
use super::project_now::ProjectNow;
use crate::lifecycle::datasets::DatasetSummary;

/// Returns the data sets. `cards` are those of all models; `ground` is the version that is current.
pub(super) fn datasets(
    data: &Path,
    cards: &[ModelCard],
    now: &ProjectNow<'_>,
    ground: Option<&str>,
) -> Result<Vec<DatasetStatus>> {
    let manifests = dataset::list(data)?;
    Ok(manifests.iter().map(|manifest| of_manifest(manifest, cards, now, ground)).collect())
}

fn of_manifest(manifest: &Manifest, cards: &[ModelCard], now: &ProjectNow<'_>, ground: Option<&str>) -> DatasetStatus {
    let trained = cards.iter().filter(|card| card.dataset.hash == manifest.logical_hash);
    DatasetStatus {
        dataset: DatasetSummary::of(manifest),
        models: trained.map(|card| card.model_id.clone()).collect(),
        features_changed: features_changed(manifest, now),
        is_ground_newer: ground.is_some_and(|ground| ground != manifest.ground),
    }
}

fn features_changed(manifest: &Manifest, now: &ProjectNow<'_>) -> Vec<String> {
    let (Some(_), Ok(before)) = (&now.features, feature_expressions(&manifest.sql.files)) else { return Vec::new() };
    let is_other =
        |name: &str, expression: &str| now.feature(name).is_none_or(|feature| feature.expression != expression);
    before.into_iter().filter(|before| is_other(&before.name, &before.expression)).map(|before| before.name).collect()
}
