//! The training-serving skew check: compares the inputs of logged predictions with features that the batch computes
//! again, from the version of the ground that each prediction rests on.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use plumb_lake::Lake;
use plumb_lead::{Feature, FeatureKind, Observation, Prediction};
use serde::Serialize;
use tempfile::TempDir;

use super::workspace::Workspace;
use crate::{journal, scoring};

/// The outcome of a skew check of one target.
#[derive(Debug, Serialize)]
pub(crate) struct SkewReport {
    /// The target.
    pub(crate) target: String,
    /// Predictions whose inputs were computed again.
    pub(crate) checked: usize,
    /// Predictions on rows or overrides from a request, which only the caller knows.
    pub(crate) from_requests: usize,
    /// Predictions on a version of the ground that can no longer be derived, because its SQL has changed since.
    pub(crate) not_rebuilt: usize,
    /// Inputs that differ.
    pub(crate) mismatches: Vec<InputMismatch>,
}

/// An input of a prediction that differs from the feature computed again.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct InputMismatch {
    /// The prediction.
    pub(crate) prediction_id: String,
    /// Its lead.
    pub(crate) lead_id: String,
    /// The timestamp at which it observed the lead.
    pub(crate) as_of: DateTime<Utc>,
    /// The feature.
    pub(crate) feature: String,
    /// The input that was logged with the prediction.
    pub(crate) logged: String,
    /// The feature as computed now.
    pub(crate) recomputed: String,
}

/// Checks the newest predictions of a target, at most `predictions_max`.
pub(crate) async fn skew_check(workspace: &Workspace, target: &str, predictions_max: usize) -> Result<SkewReport> {
    journal::catch_up(&workspace.store, &workspace.data).await?;
    let predictions = workspace.store.newest_predictions(target, predictions_max).await?;
    let mut report =
        SkewReport { target: target.to_owned(), checked: 0, from_requests: 0, not_rebuilt: 0, mismatches: Vec::new() };
    let mut by_ground: BTreeMap<String, Vec<Prediction>> = BTreeMap::new();
    for mut prediction in predictions {
        match prediction.provenance.ground.take() {
            Some(version) => by_ground.entry(version).or_default().push(prediction),
            None => report.from_requests += 1,
        }
    }
    let Workspace { project, data, lake, .. } = workspace;
    for (version, predictions) in by_ground {
        if version == lake.ground_version() {
            compare(workspace, lake, &predictions, &mut report).await?;
            continue;
        }
        let folder = TempDir::new().context("cannot make a folder for an earlier version of the ground")?;
        if plumb_lake::rebuild(data, &project.source_sql()?, project.limits(), &version, folder.path()).await? {
            compare(workspace, &Lake::open(folder.path()).await?, &predictions, &mut report).await?;
        } else {
            report.not_rebuilt += predictions.len();
        }
    }
    Ok(report)
}

async fn compare(
    workspace: &Workspace,
    lake: &Lake,
    predictions: &[Prediction],
    report: &mut SkewReport,
) -> Result<()> {
    let mut by_model: BTreeMap<&str, Vec<&Prediction>> = BTreeMap::new();
    for prediction in predictions {
        by_model.entry(&prediction.model_id).or_default().push(prediction);
    }
    for (model_id, predictions) in by_model {
        let scorer = workspace.load_model(model_id).await?;
        let observation =
            |prediction: &&Prediction| Observation { lead_id: prediction.lead_id.clone(), as_of: prediction.as_of };
        let observations: Vec<Observation> = predictions.iter().map(observation).collect();
        let table = lake.features(scorer.feature_sql()?, &observations).await?;
        let features = &scorer.artifact.model.features;
        let (matrix, _) = features.encode(&table)?;
        for (row, prediction) in predictions.iter().enumerate() {
            let recomputed = scoring::inputs(matrix.row(row));
            report.mismatches.extend(mismatches(prediction, &recomputed, &features.features));
        }
        report.checked += predictions.len();
    }
    Ok(())
}

fn mismatches(prediction: &Prediction, recomputed: &[Option<f32>], features: &[Feature]) -> Vec<InputMismatch> {
    let logged = |index: usize| prediction.provenance.inputs.get(index).copied().flatten();
    let bits = |input: Option<f32>| input.map(f32::to_bits);
    let differing = features.iter().enumerate().filter(|(index, _)| bits(logged(*index)) != bits(recomputed[*index]));
    differing
        .map(|(index, feature)| InputMismatch {
            prediction_id: prediction.prediction_id.clone(),
            lead_id: prediction.lead_id.clone(),
            as_of: prediction.as_of,
            feature: feature.name.clone(),
            logged: input_text(feature, logged(index)),
            recomputed: input_text(feature, recomputed[index]),
        })
        .collect()
}

/// Returns an input to the last digit, and a category as its level.
fn input_text(feature: &Feature, input: Option<f32>) -> String {
    match (input, &feature.kind) {
        (None, _) => "missing".to_owned(),
        (Some(code), FeatureKind::Category { levels }) => {
            levels.get(code as usize).cloned().unwrap_or_else(|| format!("level {code}"))
        }
        (Some(number), _) => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use plumb_lead::Provenance;

    use super::*;
    use crate::store::tests::prediction;

    #[test]
    fn input_that_differs_in_one_bit_is_a_mismatch() {
        let feature = |name: &str, kind| Feature { name: name.into(), kind, messages: Default::default() };
        let levels = vec!["fintech".to_owned(), "retail".to_owned()];
        let features = [
            feature("events", FeatureKind::Number),
            feature("budget", FeatureKind::Number),
            feature("industry", FeatureKind::Category { levels }),
        ];
        let mut logged = prediction("p1", "ada", 1, 0.5);
        logged.provenance =
            Provenance { ground: None, overrides: Vec::new(), inputs: vec![Some(3.0), Some(0.1), Some(0.0)] };
        assert_eq!(mismatches(&logged, &[Some(3.0), Some(0.1), Some(0.0)], &features), []);
        let found = mismatches(&logged, &[Some(3.0), Some(0.1_f32.next_up()), None], &features);
        let found: Vec<[&str; 3]> =
            found.iter().map(|found| [&*found.feature, &*found.logged, &*found.recomputed]).collect();
        assert_eq!(found, [["budget", "0.1", "0.10000001"], ["industry", "fintech", "missing"]]);
    }
}
