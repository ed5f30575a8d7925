//! Labelled rows of leads, and a fit on some of them.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};
use plumb_lake::dataset::{self, DatasetRows, Manifest};
use plumb_lead::{FeatureSet, ModelKind, Observation, Table};
use plumb_learn::split::Split;
use plumb_learn::{FitProgress, Fitted, Params, Samples};

use super::fit_config::FitConfig;

/// A row for each observation: those with an outcome first, then those with a rep's opinion.
pub(super) struct TrainingRows {
    pub(super) observations: Vec<Observation>,
    pub(super) table: Table,
    labels: Vec<bool>,
    weights: Vec<f32>,
}

impl TrainingRows {
    pub(super) fn new(
        observations: Vec<Observation>,
        table: Table,
        labels: Vec<bool>,
        weights: Vec<f32>,
    ) -> TrainingRows {
        TrainingRows { observations, table, labels, weights }
    }

    /// Returns the rows with the features that they were frozen with.
    pub(super) fn read(data: &Path, manifest: &Manifest, rows: DatasetRows) -> Result<TrainingRows> {
        let DatasetRows { observations, labels, weights, .. } = rows;
        let frozen = dataset::read(data, manifest)?;
        // A data set is in the order of leads and times.
        let mut order: Vec<usize> = (0..observations.len()).collect();
        order.sort_by_key(|row| &observations[*row]);
        let mut row_of = vec![0; order.len()];
        order.iter().enumerate().for_each(|(place, row)| row_of[*row] = place);
        Ok(TrainingRows { table: frozen.select(&row_of), observations, labels, weights })
    }

    pub(super) fn labels_of(&self, rows: &[usize]) -> Vec<bool> {
        rows.iter().map(|row| self.labels[*row]).collect()
    }

    /// Returns the weight of each row, halved for each half-life by which it is older than a time.
    fn weights_of(&self, rows: &[usize], fading: Option<(TimeDelta, DateTime<Utc>)>) -> Vec<f32> {
        let faded = |row: &usize| {
            fading.map_or(1.0, |(half_life, newest)| {
                let age = (newest - self.observations[*row].as_of).num_seconds().max(0) as f64;
                (-age / half_life.num_seconds() as f64).exp2() as f32
            })
        };
        rows.iter().map(|row| self.weights[*row] * faded(row)).collect()
    }

    /// Fits kinds of models on the train part, with the features that occur there, and chooses on the valid part.
    pub(super) fn fit(
        &self,
        kinds: &[ModelKind],
        split: &Split,
        config: &FitConfig,
        progress: &dyn FitProgress,
    ) -> Result<Vec<Fitted>> {
        let features = config.features(&self.table.select(&split.train));
        self.with_parts(&features, split, config, |train, valid, params| {
            plumb_learn::fit(kinds, &features, train, valid, params, progress)
        })
    }

    /// Calls a fit with the train and the valid part of a split, as a feature set sees them.
    pub(super) fn with_parts<T>(
        &self,
        features: &FeatureSet,
        split: &Split,
        config: &FitConfig,
        fit: impl FnOnce(Samples, Samples, &Params) -> Result<T, plumb_learn::Error>,
    ) -> Result<T> {
        let (train, _) = features.encode(&self.table.select(&split.train))?;
        let (valid, _) = features.encode(&self.table.select(&split.valid))?;
        let [train_labels, valid_labels] = [&split.train, &split.valid].map(|rows| self.labels_of(rows));
        let newest = split.valid.iter().map(|row| self.observations[*row].as_of).max();
        let [train_weights, valid_weights] =
            [&split.train, &split.valid].map(|rows| self.weights_of(rows, config.half_life.zip(newest)));
        let train = Samples { matrix: &train, labels: &train_labels, weights: &train_weights };
        let valid = Samples { matrix: &valid, labels: &valid_labels, weights: &valid_weights };
        let capacity = config.leads_a_week.map(|leads| self.share_of_a_week(leads, &split.valid));
        let params = Params { capacity, ..config.params.clone() };
        Ok(fit(train, valid, &params)?)
    }

    /// Returns the share of the leads that so many a week are, if as many come as in these rows.
    pub(super) fn share_of_a_week(&self, leads_a_week: f64, rows: &[usize]) -> f64 {
        let leads: HashSet<&str> = rows.iter().map(|row| self.observations[*row].lead_id.as_str()).collect();
        let times = || rows.iter().map(|row| self.observations[*row].as_of);
        let span = times().max().zip(times().min()).map_or(TimeDelta::zero(), |(last, first)| last - first);
        let weeks = (span.num_seconds() as f64 / TimeDelta::weeks(1).num_seconds() as f64).max(1.0);
        (leads_a_week * weeks / leads.len().max(1) as f64).min(1.0)
    }

    /// Returns the rows among these at the last of the ages at which leads are observed, `age_span` after the first. A lead
    /// that was decided before has none, as in monitoring: leads at several ages are no more alike than leads of several
    /// kinds. If no lead got so old, all rows.
    pub(super) fn at_last_age(&self, rows: &[usize], age_span: TimeDelta) -> Vec<usize> {
        at_last_age(&self.observations, rows, age_span)
    }

    /// Returns when rows were observed.
    pub(super) fn times_of(&self, rows: &[usize]) -> Vec<DateTime<Utc>> {
        rows.iter().map(|row| self.observations[*row].as_of).collect()
    }
}

/// Returns the rows among these whose lead was observed `age_span` before for the first time; all of them if there are none.
pub(super) fn at_last_age(observations: &[Observation], rows: &[usize], age_span: TimeDelta) -> Vec<usize> {
    let mut first: HashMap<&str, DateTime<Utc>> = HashMap::new();
    for observation in observations {
        let earliest = first.entry(&observation.lead_id).or_insert(observation.as_of);
        *earliest = observation.as_of.min(*earliest);
    }
    let is_last = |row: &&usize| {
        let observation = &observations[**row];
        observation.as_of - first[observation.lead_id.as_str()] == age_span
    };
    let mut last: Vec<usize> = rows.iter().filter(is_last).copied().collect();
    last.sort_unstable();
    if last.is_empty() { rows.to_vec() } else { last }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lead_counts_once_at_the_last_age_and_not_at_all_before() {
        let day = |lead: &str, day: i64| Observation {
            lead_id: lead.into(),
            as_of: DateTime::from_timestamp(day * 86_400, 0).expect("in range"),
        };
        // The second lead was decided before it was seven days old.
        let observations = [day("a", 0), day("a", 7), day("b", 3), day("c", 8), day("c", 1)];
        assert_eq!(at_last_age(&observations, &[0, 1, 2, 3, 4], TimeDelta::days(7)), [1, 3]);
        assert_eq!(at_last_age(&observations, &[0, 1], TimeDelta::days(30)), [0, 1], "none is so old");
        assert_eq!(at_last_age(&observations[..1], &[0], TimeDelta::zero()), [0], "one age");
    }
}
