//! A challenger against the champion, on the same newest rows, which neither of them knew.

use anyhow::Result;
use plumb_lake::Lake;
use plumb_lead::{Metrics, ModelCard, Observation};
use plumb_learn::metrics;
use serde::Serialize;

use super::candidates::{CandidateModel, Holdout};
use super::choice;
use crate::evaluation;
use crate::scoring::Scorer;

/// With fewer rows, or fewer of either class, a comparison is chance.
const ROWS_MIN: usize = 200;
const CLASS_ROWS_MIN: usize = 20;

/// Both models on the same rows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Comparison {
    /// The champion.
    pub(crate) champion: Metrics,
    /// The challenger's evaluation fit.
    pub(crate) challenger: Metrics,
    /// By how many standard errors the challenger's log loss is lower.
    pub(crate) standard_errors_lower: f64,
}

/// A comparison, if there are rows for one.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub(crate) enum ComparisonVerdict {
    /// There are.
    Compared(Box<Comparison>),
    /// There are too few rows with a known outcome that came after the champion was trained.
    TooEarly {
        /// Rows there are.
        rows: usize,
    },
}

impl Comparison {
    /// Returns whether the challenger is clearly better.
    pub(crate) fn is_better(&self) -> bool {
        self.standard_errors_lower > 1.0
    }
}

/// Compares a candidate with the champion on the rows to test on that came after the champion was trained.
pub(crate) async fn compare(
    lake: &Lake,
    holdout: &Holdout,
    challenger: &CandidateModel,
    champion: &Scorer,
    champion_card: &ModelCard,
) -> Result<ComparisonVerdict> {
    let tested = &holdout.observations;
    let rows: Vec<usize> = (0..tested.len()).filter(|row| tested[*row].as_of >= champion_card.as_of).collect();
    let labels: Vec<bool> = rows.iter().map(|row| holdout.labels[*row]).collect();
    let positives = labels.iter().filter(|label| **label).count();
    if rows.len() < ROWS_MIN || positives.min(rows.len() - positives) < CLASS_ROWS_MIN {
        return Ok(ComparisonVerdict::TooEarly { rows: rows.len() });
    }
    let observations: Vec<Observation> = rows.iter().map(|row| tested[*row].clone()).collect();
    let model = &champion.artifact.model;
    let table = lake.features(champion.feature_sql()?, &observations).await?;
    let champion_scores = evaluation::scores(model, &model.features.encode(&table)?.0)?;
    let challenger_fit = &challenger.evaluation;
    let challenger_scores: Vec<f64> = rows.iter().map(|row| challenger_fit.scores[*row]).collect();
    let beta = challenger_fit.beta;
    let leads: Vec<&str> = observations.iter().map(|observation| observation.lead_id.as_str()).collect();
    let [champion_losses, challenger_losses] =
        [&champion_scores, &challenger_scores].map(|scores| evaluation::log_losses(scores, &labels));
    Ok(ComparisonVerdict::Compared(Box::new(Comparison {
        champion: metrics::evaluate(&champion_scores, &labels, model.threshold.score, beta, None)?,
        challenger: metrics::evaluate(&challenger_scores, &labels, challenger_fit.threshold, beta, None)?,
        standard_errors_lower: choice::errors_lower(&champion_losses, &challenger_losses, &leads),
    })))
}
