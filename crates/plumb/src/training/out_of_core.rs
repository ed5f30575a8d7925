//! Training on more rows than memory holds, by workers.
//!
//! All that is chosen is chosen on samples, which are rows at equal distances in time: settings, calibration, threshold.
//! So is all that is measured. Only the trees are grown on all rows, which stay on the disk.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use plumb_lake::dataset::{self, DatasetRows, Manifest};
use plumb_lead::{ModelCard, ModelKind, Quantiles};
use plumb_learn::out_of_core::TreePlan;
use plumb_learn::split::Split;
use plumb_learn::{FitProgress, Fitted};

use super::fit_config::FitConfig;
use super::progress::{FitPurpose, RunControl, TrainingEvent};
use super::rows::TrainingRows;
use super::spec::OutOfCore;
use super::split_rows::SplitRows;
use crate::workers::{self, Job, Supervision};

/// The rows that stay on the disk.
pub(super) struct RowsOnDisk {
    out_of_core: OutOfCore,
    data: PathBuf,
    evaluation: RowMasks,
    final_fit: RowMasks,
}

/// Which rows of a data set trees are grown on, a flag for each of its rows.
struct RowMasks {
    /// To choose by.
    train: Vec<bool>,
    /// To keep: those to choose on as well.
    both: Vec<bool>,
}

/// Returns samples of the rows of a data set, with the splits of the samples, and the rows that stay on the disk. The
/// splits are those of the evaluation and of the final fit.
pub(super) fn sample_rows(
    out_of_core: OutOfCore,
    data: &Path,
    manifest: &Manifest,
    all: DatasetRows,
    splits: [Split; 2],
) -> Result<(TrainingRows, [Split; 2], RowsOnDisk)> {
    let mut order: Vec<usize> = (0..all.observations.len()).collect();
    order.sort_by_key(|row| &all.observations[*row]);
    let mut place_of = vec![0; order.len()];
    order.iter().enumerate().for_each(|(place, row)| place_of[*row] = place);
    let [evaluation, final_fit] = splits.each_ref().map(|split| RowMasks::of(split, &place_of));
    let samples = splits.map(|split| each_part(split, |rows| sample(rows, out_of_core.settings.sample_rows)));
    let parts = samples.iter().flat_map(|split| split.train.iter().chain(&split.valid).chain(&split.test));
    let mut sampled: Vec<usize> = parts.copied().collect();
    sampled.sort_unstable();
    sampled.dedup();
    let rows = read_sample(data, manifest, all, &sampled, &place_of)?;
    let place_in_sample = |row: usize| sampled.binary_search(&row).unwrap_or_default();
    let splits =
        samples.map(|split| each_part(split, |rows| rows.into_iter().map(place_in_sample).collect::<Vec<usize>>()));
    let on_disk = RowsOnDisk { out_of_core, data: data.to_owned(), evaluation, final_fit };
    Ok((rows, splits, on_disk))
}

/// Returns rows at equal distances, no more than so many.
fn sample(rows: Vec<usize>, rows_max: usize) -> Vec<usize> {
    let step = rows.len().div_ceil(rows_max.max(1)).max(1);
    rows.into_iter().step_by(step).collect()
}

fn each_part(split: Split, rows_of: impl Fn(Vec<usize>) -> Vec<usize>) -> Split {
    let Split { train, valid, test, dropped } = split;
    Split { train: rows_of(train), valid: rows_of(valid), test: rows_of(test), dropped }
}

/// Returns some rows with the features that they were frozen with. `place_of` is the place of each row in the data set.
fn read_sample(
    data: &Path,
    manifest: &Manifest,
    all: DatasetRows,
    sampled: &[usize],
    place_of: &[usize],
) -> Result<TrainingRows> {
    let mut wanted = vec![false; place_of.len()];
    sampled.iter().for_each(|row| wanted[place_of[*row]] = true);
    let table = dataset::read_some(data, manifest, &wanted).context("cannot read a sample of the rows")?;
    // The table is in the order of the data set.
    let mut by_place: Vec<usize> = (0..sampled.len()).collect();
    by_place.sort_by_key(|at| place_of[sampled[*at]]);
    let mut row_of = vec![0; sampled.len()];
    by_place.iter().enumerate().for_each(|(row, at)| row_of[*at] = row);
    let observations = sampled.iter().map(|row| all.observations[*row].clone()).collect();
    let labels = sampled.iter().map(|row| all.labels[*row]).collect();
    let weights = sampled.iter().map(|row| all.weights[*row]).collect();
    Ok(TrainingRows::new(observations, table.select(&row_of), labels, weights))
}

impl RowMasks {
    fn of(split: &Split, place_of: &[usize]) -> RowMasks {
        let mut train = vec![false; place_of.len()];
        split.train.iter().for_each(|row| train[place_of[*row]] = true);
        let mut both = train.clone();
        split.valid.iter().for_each(|row| both[place_of[*row]] = true);
        RowMasks { train, both }
    }
}

impl RowsOnDisk {
    /// Fits trees on all rows of a split, by settings that are searched on its sample.
    pub(super) fn fit(
        &self,
        samples: &SplitRows,
        purpose: FitPurpose,
        config: &FitConfig,
        progress: &dyn FitProgress,
        control: &RunControl,
    ) -> Result<Fitted> {
        let (masks, split) = (self.masks(purpose), samples.split(purpose));
        let table = samples.rows.table.select(&split.train);
        let features = config.features(&table);
        let (plan, mut fit_settings) = samples.rows.with_parts(&features, split, config, |train, valid, params| {
            TreePlan::search(&features, train, valid, params, progress)
        })?;
        control.check()?;
        let OutOfCore { settings, launch, if_locked } = self.out_of_core;
        let job = Job {
            dataset_id: samples.manifest.dataset_id.clone(),
            workers: settings.workers,
            on_disk: settings.quantiles == Quantiles::OnDisk,
            plan,
        };
        let announce = |command| control.report(TrainingEvent::WorkerCommand { command });
        let waiting = |line: &str| control.report(TrainingEvent::Waiting { line: line.to_owned() });
        let is_cancelled = || control.is_cancelled();
        let supervision =
            Supervision { announce: &announce, if_locked, waiting: &waiting, is_cancelled: &is_cancelled };
        let grow = |rows: &[bool]| workers::grow(&self.data, &job, rows, launch, supervision);
        let trees = [grow(&masks.train)?, grow(&masks.both)?];
        fit_settings.extend(settings.named());
        samples.rows.with_parts(&features, split, config, |train, valid, params| {
            plumb_learn::import(trees, &features, train, valid, params, fit_settings)
        })
    }

    /// Notes on a card how a model was trained.
    pub(super) fn annotate(&self, card: &mut ModelCard) {
        let settings = self.out_of_core.settings;
        card.settings.out_of_core = Some(settings);
        let (workers, sample_rows) = (settings.workers, settings.sample_rows);
        if card.kind != ModelKind::Xgboost {
            card.notes.push(format!("fitted and measured on samples of at most {sample_rows} rows"));
            return;
        }
        let count = |rows: &[bool]| rows.iter().filter(|row| **row).count();
        let (train, both) = (count(&self.final_fit.train), count(&self.final_fit.both));
        card.notes.push(format!(
            "trees were grown on all {both} rows, by workers: {workers}; settings, calibration and measures are of samples \
             of at most {sample_rows} rows"
        ));
        (card.dataset.rows_train, card.dataset.rows_valid) = (train, both - train);
    }

    fn masks(&self, purpose: FitPurpose) -> &RowMasks {
        match purpose {
            FitPurpose::Evaluation => &self.evaluation,
            FitPurpose::Final => &self.final_fit,
        }
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
