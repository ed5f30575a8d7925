//! Labels rows of leads, and a fit on some of them.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use anyhow::Result;
use chrono::TimeDelta;
use plumb_lake::dataset::{self, DatasetRows, Manifest};
use plumb_lake::{Labels, Lake};
use plumb_lead::{FeatureSet, MessageCatalog, ModelKind, Observation, Table};
use plumb_learn::split::Split;
use plumb_learn::{FitProgress, Fitted, Params, Samples};

use super::Search;
use super::flags::{Flags, OPINION_WEIGHT};

/// A row an observation: those with an outcome first, then those of which somebody has an opinion.
pub(super) struct Rows {
    pub(super) observations: Vec<Observation>,
    pub(super) table: Table,
    labels: Vec<bool>,
    weights: Vec<f32>,
}

/// How models are fitted to rows.
pub(super) struct Recipe {
    pub(super) params: Params,
    pub(super) message_catalog: MessageCatalog,
    /// How many leads the team can call in a week, where the project says so.
    pub(super) leads_a_week: Option<f64>,
}

impl Recipe {
    /// Returns the same recipe with another search.
    pub(super) fn searching(&self, search: Search) -> Recipe {
        let params = Params { search_trials: search.trials_max(), ..self.params.clone() };
        Recipe { params, message_catalog: self.message_catalog.clone(), ..*self }
    }
}

/// Returns the rows that flags leave, and then those of which somebody has an opinion.
pub(super) async fn to_freeze(lake: &Lake, labelled: Labels, flags: &Flags) -> Result<DatasetRows> {
    let Labels { observations, labels, label_known_at, .. } = labelled;
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
    /// Returns no rows.
    pub(super) fn none() -> Result<Rows> {
        let table = Table::new(Vec::new())?;
        Ok(Rows { observations: Vec::new(), table, labels: Vec::new(), weights: Vec::new() })
    }

    pub(super) fn of(observations: Vec<Observation>, table: Table, labels: Vec<bool>, weights: Vec<f32>) -> Rows {
        Rows { observations, table, labels, weights }
    }

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

    /// Fits kinds of models on the train part, with the features that occur there, and chooses on the valid part.
    pub(super) fn fit(
        &self,
        kinds: &[ModelKind],
        split: &Split,
        recipe: &Recipe,
        fit_progress: &dyn FitProgress,
    ) -> Result<Vec<Fitted>> {
        let features = FeatureSet::learn(&self.table.select(&split.train), &recipe.message_catalog);
        self.parts(&features, split, recipe, |train, valid, params| {
            plumb_learn::fit(kinds, &features, train, valid, params, fit_progress)
        })
    }

    /// Hands the train and the valid part of a split, as a feature set sees them, to a fit.
    pub(super) fn parts<T>(
        &self,
        features: &FeatureSet,
        split: &Split,
        recipe: &Recipe,
        fit: impl FnOnce(Samples, Samples, &Params) -> Result<T, plumb_learn::Error>,
    ) -> Result<T> {
        let (train, _) = features.encode(&self.table.select(&split.train))?;
        let (valid, _) = features.encode(&self.table.select(&split.valid))?;
        let [train_labels, valid_labels] = [&split.train, &split.valid].map(|rows| self.labels_of(rows));
        let [train_weights, valid_weights] = [&split.train, &split.valid].map(|rows| self.weights_of(rows));
        let train = Samples { matrix: &train, labels: &train_labels, weights: &train_weights };
        let valid = Samples { matrix: &valid, labels: &valid_labels, weights: &valid_weights };
        let capacity = recipe.leads_a_week.map(|leads| self.share_of_a_week(leads, &split.valid));
        let params = Params { capacity, ..recipe.params.clone() };
        Ok(fit(train, valid, &params)?)
    }

    /// Returns the share of the leads that so many a week are, if as many come as in these rows.
    pub(super) fn share_of_a_week(&self, leads_a_week: f64, rows: &[usize]) -> f64 {
        let leads: HashSet<&str> = rows.iter().map(|row| self.observations[*row].lead_id.as_str()).collect();
        let moments = || rows.iter().map(|row| self.observations[*row].as_of);
        let span = moments().max().zip(moments().min()).map_or(TimeDelta::zero(), |(last, first)| last - first);
        let weeks = (span.num_seconds() as f64 / TimeDelta::weeks(1).num_seconds() as f64).max(1.0);
        (leads_a_week * weeks / leads.len().max(1) as f64).min(1.0)
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
