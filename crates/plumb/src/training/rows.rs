//! Labelled rows of leads, and a fit on some of them.

use std::collections::HashMap;
use std::path::Path;

use anyhow::Result;
use plumb_lake::dataset::{self, DatasetRows, Manifest};
use plumb_lake::{Labelled, Lake};
use plumb_lead::{FeatureSet, ModelKind, Observation, Table, Wording};
use plumb_learn::split::Split;
use plumb_learn::{Model, Params, Samples};

use super::comparison::losses;
use super::flags::{Flags, OPINION_WEIGHT};
use crate::card;

/// A row an observation: those with an outcome first, then those of which somebody has an opinion.
pub(super) struct Rows {
    pub(super) observations: Vec<Observation>,
    pub(super) table: Table,
    labels: Vec<bool>,
    weights: Vec<f32>,
}

/// Returns the rows that flags leave, and then those of which somebody has an opinion.
pub(super) async fn to_freeze(lake: &Lake, labelled: Labelled, flags: &Flags) -> Result<DatasetRows> {
    let Labelled { observations, labels, label_known_at, .. } = labelled;
    let mut rows = DatasetRows::default();
    for row in (0..observations.len()).filter(|row| flags.keeps(&observations[*row])) {
        rows.observations.push(observations[row].clone());
        rows.labels.push(labels[row]);
        rows.label_known_at.push(Some(label_known_at[row]));
        rows.weights.push(1.0);
    }
    for (observation, opinion) in &flags.opinions {
        // A flag on a row that a caller brought along is on no lead of ours.
        if lake.lead(&observation.lead_id, observation.as_of).await?.is_some() {
            rows.observations.push(observation.clone());
            rows.labels.push(*opinion);
            rows.label_known_at.push(None);
            rows.weights.push(OPINION_WEIGHT);
        }
    }
    Ok(rows)
}

impl Rows {
    /// Returns the rows with the features that they were frozen with.
    pub(super) fn read(data: &Path, manifest: &Manifest, rows: DatasetRows) -> Result<Rows> {
        let DatasetRows { observations, labels, weights, .. } = rows;
        let frozen = dataset::read(data, manifest)?;
        // A data set is in the order of leads and moments.
        let mut order: Vec<usize> = (0..observations.len()).collect();
        order.sort_by_key(|row| &observations[*row]);
        let mut row_of = vec![0; order.len()];
        order.iter().enumerate().for_each(|(place, row)| row_of[*row] = place);
        Ok(Rows { table: frozen.select(&row_of), observations, labels, weights })
    }

    pub(super) fn labels_of(&self, rows: &[usize]) -> Vec<bool> {
        rows.iter().map(|row| self.labels[*row]).collect()
    }

    pub(super) fn weights_of(&self, rows: &[usize]) -> Vec<f32> {
        rows.iter().map(|row| self.weights[*row]).collect()
    }

    /// Fits a kind of model on the train part, with the features that occur there, and chooses on the valid part.
    pub(super) fn fit(
        &self,
        kind: ModelKind,
        split: &Split,
        wording: &HashMap<String, Wording>,
        params: &Params,
    ) -> Result<Model> {
        let train_table = self.table.select(&split.train);
        let features = FeatureSet::learn(&train_table, wording);
        let (train, _) = features.encode(&train_table)?;
        let (valid, _) = features.encode(&self.table.select(&split.valid))?;
        let [train_labels, valid_labels] = [&split.train, &split.valid].map(|rows| self.labels_of(rows));
        let [train_weights, valid_weights] = [&split.train, &split.valid].map(|rows| self.weights_of(rows));
        let train = Samples { matrix: &train, labels: &train_labels, weights: &train_weights };
        let valid = Samples { matrix: &valid, labels: &valid_labels, weights: &valid_weights };
        Ok(plumb_learn::fit(kind, features, train, valid, params)?)
    }

    /// Returns the log loss of a model on each of some rows.
    pub(super) fn losses(&self, model: &Model, rows: &[usize]) -> Result<Vec<f64>> {
        let (matrix, _) = model.features.encode(&self.table.select(rows))?;
        let scores = card::scores(model, &matrix)?;
        Ok(losses(&scores, &self.labels_of(rows)))
    }

    /// Returns of each lead the row of its last observation among these.
    pub(super) fn last_of_each_lead(&self, rows: &[usize]) -> Vec<usize> {
        let mut last: HashMap<&str, usize> = HashMap::new();
        for row in rows {
            let observation = &self.observations[*row];
            let kept = last.entry(&observation.lead_id).or_insert(*row);
            if self.observations[*kept].as_of < observation.as_of {
                *kept = *row;
            }
        }
        let mut rows: Vec<usize> = last.into_values().collect();
        rows.sort_unstable();
        rows
    }
}
