//! Whether what was answered rests on what the features say: the inputs of logged predictions against features that
//! are computed again, by the batch, from the version of the ground that each prediction is of.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use plumb_lake::Lake;
use plumb_lead::{Feature, FeatureKind, Observation, Prediction};
use tempfile::TempDir;

use crate::registry;
use crate::scoring::{self, Scorer};
use crate::training::Ground;

/// What was found of one target.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Verified {
    /// Predictions whose inputs were computed again.
    pub(crate) checked: usize,
    /// Predictions on rows that a caller brought along: nobody else knows them.
    pub(crate) brought: usize,
    /// Predictions on a version of the ground that cannot be derived again, because its SQL has changed since.
    pub(crate) not_rebuilt: usize,
    /// Inputs that differ.
    pub(crate) mismatches: Vec<Mismatch>,
}

/// An input of a prediction that is not what the features say.
#[derive(Debug, PartialEq)]
pub(crate) struct Mismatch {
    pub(crate) prediction_id: String,
    pub(crate) lead_id: String,
    pub(crate) as_of: DateTime<Utc>,
    /// The feature.
    pub(crate) feature: String,
    /// What the model was given.
    pub(crate) logged: String,
    /// What the features say.
    pub(crate) rebuilt: String,
}

/// Compares the inputs of the predictions that were made last for a target.
pub(crate) async fn verify(ground: Ground<'_>, target: &str, predictions_max: usize) -> Result<Verified> {
    let predictions = ground.store.newest_predictions(target, predictions_max).await?;
    let mut verified = Verified::default();
    let mut by_ground: BTreeMap<String, Vec<Prediction>> = BTreeMap::new();
    for mut prediction in predictions {
        match prediction.provenance.ground.take() {
            Some(version) => by_ground.entry(version).or_default().push(prediction),
            None => verified.brought += 1,
        }
    }
    for (version, predictions) in by_ground {
        if version == ground.lake.ground_version() {
            compare(ground, ground.lake, &predictions, &mut verified).await?;
            continue;
        }
        let folder = TempDir::new().context("cannot make a folder for an earlier version of the ground")?;
        if plumb_lake::rebuild(ground.data, &ground.project.source_sql()?, &version, folder.path()).await? {
            compare(ground, &Lake::open(folder.path()).await?, &predictions, &mut verified).await?;
        } else {
            verified.not_rebuilt += predictions.len();
        }
    }
    Ok(verified)
}

async fn compare(ground: Ground<'_>, lake: &Lake, predictions: &[Prediction], verified: &mut Verified) -> Result<()> {
    let mut by_model: BTreeMap<&str, Vec<&Prediction>> = BTreeMap::new();
    for prediction in predictions {
        by_model.entry(&prediction.model_id).or_default().push(prediction);
    }
    for (model_id, predictions) in by_model {
        let scorer = Scorer::from_bytes(&registry::load(ground.data, model_id)?)?;
        let asked =
            |prediction: &&Prediction| Observation { lead_id: prediction.lead_id.clone(), as_of: prediction.as_of };
        let observations: Vec<Observation> = predictions.iter().map(asked).collect();
        let table = lake.features(scorer.feature_sql()?, &observations).await?;
        let features = &scorer.artifact.model.features;
        let (matrix, _) = features.encode(&table)?;
        for (row, prediction) in predictions.iter().enumerate() {
            let rebuilt = scoring::inputs(matrix.row(row));
            verified.mismatches.extend(mismatches(prediction, &rebuilt, &features.features));
        }
        verified.checked += predictions.len();
    }
    Ok(())
}

fn mismatches(prediction: &Prediction, rebuilt: &[Option<f32>], features: &[Feature]) -> Vec<Mismatch> {
    let logged = |index: usize| prediction.provenance.inputs.get(index).copied().flatten();
    let bits = |input: Option<f32>| input.map(f32::to_bits);
    let differing = features.iter().enumerate().filter(|(index, _)| bits(logged(*index)) != bits(rebuilt[*index]));
    differing
        .map(|(index, feature)| Mismatch {
            prediction_id: prediction.prediction_id.clone(),
            lead_id: prediction.lead_id.clone(),
            as_of: prediction.as_of,
            feature: feature.name.clone(),
            logged: shown(feature, logged(index)),
            rebuilt: shown(feature, rebuilt[index]),
        })
        .collect()
}

/// Returns an input to the last digit, and a category as its word.
fn shown(feature: &Feature, input: Option<f32>) -> String {
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
    fn an_input_that_differs_in_one_bit_is_named() {
        let feature = |name: &str, kind| Feature { name: name.into(), kind, wording: Default::default() };
        let levels = vec!["fintech".to_owned(), "retail".to_owned()];
        let features = [
            feature("events", FeatureKind::Number),
            feature("budget", FeatureKind::Number),
            feature("industry", FeatureKind::Category { levels }),
        ];
        let mut said = prediction("p1", "ada", 1, 0.5);
        said.provenance =
            Provenance { ground: None, overrides: Vec::new(), inputs: vec![Some(3.0), Some(0.1), Some(0.0)] };
        assert_eq!(mismatches(&said, &[Some(3.0), Some(0.1), Some(0.0)], &features), []);
        let found = mismatches(&said, &[Some(3.0), Some(0.1_f32.next_up()), None], &features);
        let told: Vec<[&str; 3]> =
            found.iter().map(|found| [&*found.feature, &*found.logged, &*found.rebuilt]).collect();
        assert_eq!(told, [["budget", "0.1", "0.10000001"], ["industry", "fintech", "missing"]]);
    }
}
