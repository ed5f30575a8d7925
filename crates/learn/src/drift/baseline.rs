//! The baseline of a model, and how a window is compared with it.

use plumb_lead::{Drift, FeatureSet, Matrix, Unseen};
use serde::{Deserialize, Serialize};

use super::histogram::{Bins, Histogram, edges};
use crate::error::Error;

/// What a window is compared with: the histograms of a model's inputs and scores.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    score: Histogram,
    features: Vec<Histogram>,
}

/// Returns the baseline of training rows and scores. `matrix` is encoded by `features`; the scores are of rows that the model
/// was not fitted on, because it is surer of its own rows than of any others.
pub fn baseline(features: &FeatureSet, matrix: &Matrix, scores: &[f64]) -> Result<Baseline, Error> {
    if matrix.columns != features.features.len() {
        return Err(Error::Columns { found: matrix.columns, expected: features.features.len() });
    }
    if matrix.rows == 0 || scores.is_empty() {
        return Err(Error::NoRows { doing: "describe for the drift watch" });
    }
    let columns = features.features.iter().enumerate();
    let histograms = columns.map(|(index, feature)| {
        let values: Vec<f32> = matrix.column(index).collect();
        Histogram::new(&feature.name, Bins::of(feature, &values), &values)
    });
    let scores: Vec<f32> = scores.iter().map(|score| *score as f32).collect();
    let score = Histogram::new("score", Bins::Edges(edges(&scores)), &scores);
    Ok(Baseline { score, features: histograms.collect() })
}

/// Compares a window with a baseline: the score first, then each feature that is monitored. `matrix` and `unseen` are the
/// window's rows encoded by the model's own feature set.
pub fn compare(
    baseline: &Baseline,
    features: &FeatureSet,
    matrix: &Matrix,
    scores: &[f64],
    unseen: &[Unseen],
) -> Result<Vec<Drift>, Error> {
    if matrix.columns != features.features.len() {
        return Err(Error::Columns { found: matrix.columns, expected: features.features.len() });
    }
    if scores.len() != matrix.rows {
        return Err(Error::Lengths { what: "scores", found: scores.len(), expected: matrix.rows });
    }
    if baseline.features.len() != features.features.len() {
        return Err(Error::Columns { found: features.features.len(), expected: baseline.features.len() });
    }
    let scores: Vec<f32> = scores.iter().map(|score| *score as f32).collect();
    let mut drifts = vec![baseline.score.drift(&scores, &[])];
    for (index, (feature, histogram)) in features.features.iter().zip(&baseline.features).enumerate() {
        if feature.name != histogram.name {
            let why = format!("its baseline describes `{}` where its features have `{}`", histogram.name, feature.name);
            return Err(Error::Model { why });
        }
        if !feature.messages.watch {
            continue;
        }
        let values: Vec<f32> = matrix.column(index).collect();
        let unseen: Vec<&Unseen> = unseen.iter().filter(|unseen| unseen.feature == feature.name).collect();
        drifts.push(histogram.drift(&values, &unseen));
    }
    Ok(drifts)
}
