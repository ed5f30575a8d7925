//! Evaluates a model on labelled rows that had no part in it, for its card.

use std::collections::HashMap;

use anyhow::Result;
use plumb_lead::{GainBin, Matrix, Metrics, ReliabilityBin, Segment};
use plumb_learn::Model;
use plumb_learn::metrics::{self, Bootstrap};

/// Draws behind the intervals of a card.
const RESAMPLES: usize = 200;

/// Rows that are explained for the importance of fields: more would change no digit that is shown.
const EXPLAINED_ROWS_MAX: usize = 2_000;

/// How good a model is on some labelled rows.
#[derive(Clone, Debug)]
pub(crate) struct Evaluation {
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

/// Evaluates a model on rows of its own feature set.
pub(crate) fn evaluate(model: &Model, matrix: &Matrix, labels: &[bool], beta: f64, seed: u64) -> Result<Evaluation> {
    let scores = scores(model, matrix)?;
    let bootstrap = Some(Bootstrap { resamples: RESAMPLES, seed });
    Ok(Evaluation {
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

/// Returns the log loss of each score.
pub(crate) fn log_losses(scores: &[f64], labels: &[bool]) -> Vec<f64> {
    let loss = |(score, label): (&f64, &bool)| -(if *label { *score } else { 1.0 - score }).max(f64::EPSILON).ln();
    scores.iter().zip(labels).map(loss).collect()
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
