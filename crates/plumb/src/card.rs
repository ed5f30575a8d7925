//! What a model card says of a model, measured on rows that had no part in it.

use std::collections::HashMap;

use anyhow::{Context, Result};
use plumb_lead::{FeatureSet, GainBin, Matrix, Metrics, ReliabilityBin, Segment};
use plumb_learn::Model;
use plumb_learn::metrics::{self, Bootstrap};
use sha2::{Digest, Sha256};

/// Draws behind the intervals of a card.
const RESAMPLES: usize = 200;

/// Rows that are explained to see what a model looks at: more change no digit that is shown.
const EXPLAINED_ROWS_MAX: usize = 2_000;

/// A model's worth on some labelled rows.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    /// The measures with their intervals.
    pub(crate) metrics: Metrics,
    /// Share of positives in each tenth.
    pub(crate) gain: Vec<GainBin>,
    /// Predicted against observed.
    pub(crate) reliability: Vec<ReliabilityBin>,
    /// Mean absolute contribution of each source field, largest first.
    pub(crate) importance: Vec<(String, f64)>,
    /// Where it is weakest.
    pub(crate) weakest: Vec<Segment>,
}

/// Measures a model on rows of its own feature set.
pub(crate) fn measure(model: &Model, matrix: &Matrix, labels: &[bool], beta: f64, seed: u64) -> Result<Measured> {
    let scores = scores(model, matrix)?;
    let bootstrap = Some(Bootstrap { resamples: RESAMPLES, seed });
    Ok(Measured {
        metrics: metrics::evaluate(&scores, labels, model.threshold.score, beta, bootstrap)?,
        gain: metrics::gain(&scores, labels)?,
        reliability: metrics::reliability(&scores, labels)?,
        importance: importance(model, matrix)?,
        weakest: metrics::weakest(matrix, &model.features, &scores, labels)?,
    })
}

/// Returns the calibrated scores as plain numbers.
pub(crate) fn scores(model: &Model, matrix: &Matrix) -> Result<Vec<f64>> {
    Ok(model.scores(matrix)?.into_iter().map(f64::from).collect())
}

/// Returns the hash of what a model is made of: rows as it sees them, labels, weights and the features themselves.
pub(crate) fn hash_of_rows(features: &FeatureSet, matrix: &Matrix, labels: &[bool], weights: &[f32]) -> Result<String> {
    let mut hasher = Sha256::new();
    matrix.values.iter().chain(weights).for_each(|value| hasher.update(value.to_le_bytes()));
    labels.iter().for_each(|label| hasher.update([u8::from(*label)]));
    hasher.update(serde_json::to_vec(features).context("cannot hash the features")?);
    Ok(hex(&hasher.finalize()))
}

/// Returns the hash of some bytes.
pub(crate) fn hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns how much each source field moves the margin on some rows, largest first.
pub(crate) fn importance(model: &Model, matrix: &Matrix) -> Result<Vec<(String, f64)>> {
    let step = matrix.rows.div_ceil(EXPLAINED_ROWS_MAX).max(1);
    let explained = matrix.select(&(0..matrix.rows).step_by(step).collect::<Vec<_>>());
    let explanation = model.explain(&explained)?;
    let mut sums: HashMap<&str, f64> = HashMap::new();
    for row in 0..explained.rows {
        let mut fields: HashMap<&str, f64> = HashMap::new();
        for (feature, contribution) in model.features.features.iter().zip(explanation.row(row)) {
            *fields.entry(feature.field()).or_default() += contribution;
        }
        fields.into_iter().for_each(|(field, sum)| *sums.entry(field).or_default() += sum.abs());
    }
    let mean = |sum: f64| sum / explained.rows.max(1) as f64;
    let mut importance: Vec<(String, f64)> =
        sums.into_iter().map(|(field, sum)| (field.to_owned(), mean(sum))).collect();
    importance.sort_by(|left, right| right.1.total_cmp(&left.1).then_with(|| left.0.cmp(&right.0)));
    Ok(importance)
}
