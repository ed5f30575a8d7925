//! Training on more rows than memory holds, by workers.
//!
//! Everything that is chosen is chosen on samples, which are rows at equal distances in time: settings, calibration,
//! threshold. So is everything measured. Only the trees are grown on all rows, which stay on the disk.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use plumb_lake::dataset::{self, DatasetRows, Manifest};
use plumb_lead::{FeatureSet, ModelCard, ModelKind};
use plumb_learn::Fitted;
use plumb_learn::out_of_core::TreePlan;
use plumb_learn::split::Split;

use super::rows::Rows;
use super::{Fit, Gathered};
use crate::workers::{self, Crew, Job};

/// How a large training is done. All but the crew has a part in the model's bytes, and stands in its card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Large {
    /// How many share the rows.
    pub(crate) workers: usize,
    /// The most rows of a sample.
    pub(crate) sample_rows: usize,
    /// Whether workers keep quantiles on the disk.
    pub(crate) on_disk: bool,
    /// Where they run.
    pub(crate) crew: Crew,
}

/// The rows that are on the disk only.
pub(super) struct OnDisk {
    large: Large,
    data: PathBuf,
    /// The rows of the data set that trees are grown on: to be measured, and to be used.
    earlier: Learned,
    now: Learned,
}

/// Which rows of a data set are learned from, a truth a row of it.
pub(super) struct Learned {
    /// To choose by.
    train: Vec<bool>,
    /// To keep: those to choose on as well.
    both: Vec<bool>,
}

impl Large {
    /// Returns how a model of the registry was trained; `None` if in memory.
    pub(crate) fn of(card: &ModelCard) -> Option<Large> {
        let number = |name: &str| card.params.get(name).and_then(|value| value.parse().ok());
        let (workers, sample_rows) = (number("workers")?, number("sample_rows")?);
        let on_disk = card.params.get("quantiles").is_some_and(|kept| kept == "on disk");
        Some(Large { workers, sample_rows, on_disk, crew: Crew::Here })
    }

    fn settings(self) -> BTreeMap<String, String> {
        let quantiles = if self.on_disk { "on disk" } else { "in memory" };
        [
            ("workers", self.workers.to_string()),
            ("sample_rows", self.sample_rows.to_string()),
            ("quantiles", quantiles.to_owned()),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
    }
}

/// Returns samples of the rows, with the splits of the samples, and what is left on the disk.
pub(super) fn sampled(
    large: Large,
    data: &Path,
    manifest: &Manifest,
    all: DatasetRows,
    splits: [Split; 2],
) -> Result<(Rows, [Split; 2], OnDisk)> {
    let mut order: Vec<usize> = (0..all.observations.len()).collect();
    order.sort_by_key(|row| &all.observations[*row]);
    let mut place_of = vec![0; order.len()];
    order.iter().enumerate().for_each(|(place, row)| place_of[*row] = place);
    let learned = |split: &Split| {
        let mut train = vec![false; order.len()];
        split.train.iter().for_each(|row| train[place_of[*row]] = true);
        let mut both = train.clone();
        split.valid.iter().for_each(|row| both[place_of[*row]] = true);
        Learned { train, both }
    };
    let [earlier, now] = [learned(&splits[0]), learned(&splits[1])];
    let samples = splits.map(|Split { train, valid, test, dropped }| {
        let [train, valid, test] = [train, valid, test].map(|rows| sample(rows, large.sample_rows));
        Split { train, valid, test, dropped }
    });
    let mut kept: Vec<usize> =
        samples.iter().flat_map(|split| split.train.iter().chain(&split.valid).chain(&split.test)).copied().collect();
    kept.sort_unstable();
    kept.dedup();
    let rows = Rows::read_some(data, manifest, all, &kept, &place_of)?;
    let place_in_sample = |row: &usize| kept.binary_search(row).unwrap_or_default();
    let splits = samples.map(|Split { train, valid, test, dropped }| {
        let [train, valid, test] = [train, valid, test].map(|rows| rows.iter().map(place_in_sample).collect());
        Split { train, valid, test, dropped }
    });
    Ok((rows, splits, OnDisk { large, data: data.to_owned(), earlier, now }))
}

/// Returns rows at equal distances, no more than so many.
fn sample(rows: Vec<usize>, rows_max: usize) -> Vec<usize> {
    let step = rows.len().div_ceil(rows_max.max(1)).max(1);
    rows.into_iter().step_by(step).collect()
}

impl Gathered {
    /// Fits trees on all rows of a split, by settings that are searched on its sample.
    pub(super) fn fit_large(&self, on_disk: &OnDisk, fit: &Fit) -> Result<Fitted> {
        let Fit { split, learned, recipe, fit_progress, tell } = fit;
        let learned = learned(on_disk);
        let table = self.rows.table.select(&split.train);
        let features = FeatureSet::learn(&table, &recipe.message_catalog);
        let (plan, mut settings) = self.rows.parts(&features, split, recipe, |train, valid, params| {
            TreePlan::search(&features, train, valid, params, *fit_progress)
        })?;
        let OnDisk { large, data, .. } = on_disk;
        let dataset_id = self.manifest()?.dataset_id.clone();
        let job = Job { dataset_id, workers: large.workers, on_disk: large.on_disk, plan };
        let grow = |rows: &[bool]| workers::grow(data, &job, rows, large.crew, tell);
        let trees = [grow(&learned.train)?, grow(&learned.both)?];
        settings.extend(large.settings());
        self.rows.parts(&features, split, recipe, |train, valid, params| {
            plumb_learn::import(trees, &features, train, valid, params, settings)
        })
    }
}

impl OnDisk {
    pub(super) fn earlier(&self) -> &Learned {
        &self.earlier
    }

    pub(super) fn now(&self) -> &Learned {
        &self.now
    }

    /// Puts onto a card how a model was trained.
    pub(super) fn tell(&self, card: &mut ModelCard) {
        card.params.extend(self.large.settings());
        let (workers, sample_rows) = (self.large.workers, self.large.sample_rows);
        if card.kind != ModelKind::Xgboost {
            card.notes.push(format!("fitted and measured on samples of at most {sample_rows} rows"));
            return;
        }
        let rows = |rows: &[bool]| rows.iter().filter(|row| **row).count();
        let (train, both) = (rows(&self.now.train), rows(&self.now.both));
        card.notes.push(format!(
            "trees were grown on all {both} rows, by workers: {workers}; settings, calibration and measures are of samples \
             of at most {sample_rows} rows"
        ));
        (card.dataset.rows_train, card.dataset.rows_valid) = (train, both - train);
    }
}

impl Rows {
    /// Returns some rows with the features that they were frozen with. `place_of` says where in the data set a row is.
    fn read_some(
        data: &Path,
        manifest: &Manifest,
        all: DatasetRows,
        kept: &[usize],
        place_of: &[usize],
    ) -> Result<Rows> {
        let mut wanted = vec![false; place_of.len()];
        kept.iter().for_each(|row| wanted[place_of[*row]] = true);
        let table = dataset::read_some(data, manifest, &wanted).context("cannot read a sample of the rows")?;
        // The table is in the order of the data set.
        let mut by_place: Vec<usize> = (0..kept.len()).collect();
        by_place.sort_by_key(|at| place_of[kept[*at]]);
        let mut row_of = vec![0; kept.len()];
        by_place.iter().enumerate().for_each(|(row, at)| row_of[*at] = row);
        let observations = kept.iter().map(|row| all.observations[*row].clone()).collect();
        let labels = kept.iter().map(|row| all.labels[*row]).collect();
        let weights = kept.iter().map(|row| all.weights[*row]).collect();
        Ok(Rows::of(observations, table.select(&row_of), labels, weights))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_spread_over_all_rows() {
        assert_eq!(sample((0..10).collect(), 4), [0, 3, 6, 9]);
        assert_eq!(sample((0..10).collect(), 10), (0..10).collect::<Vec<_>>());
        assert_eq!(sample(Vec::new(), 4), Vec::<usize>::new());
    }
}
