//! The challenger against the champion, on the same newest rows, which neither of them knew.

use anyhow::Result;
use plumb_lake::Lake;
use plumb_lead::{Metrics, ModelCard, Observation};
use plumb_learn::metrics;

use super::{Rung, Tested, choice};
use crate::card;
use crate::scoring::Scorer;

/// With fewer rows, or fewer of either class, nothing can be told.
const ROWS_MIN: usize = 200;
const CLASS_ROWS_MIN: usize = 20;

/// What came of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Comparison {
    /// The champion on the rows.
    pub(crate) champion: Metrics,
    /// The challenger's measured fit on the same rows.
    pub(crate) challenger: Metrics,
    /// By how many standard errors the challenger's log loss is lower.
    pub(crate) errors_lower: f64,
}

/// Whether there is anything to compare.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Verdict {
    /// There is.
    Compared(Box<Comparison>),
    /// There are too few rows that came after the champion was trained and whose outcome is known.
    TooEarly {
        /// Rows there are.
        rows: usize,
    },
}

impl Comparison {
    /// Returns whether the challenger is clearly better.
    pub(crate) fn is_better(&self) -> bool {
        self.errors_lower > 1.0
    }
}

/// Compares a rung with the champion on the rows to test on that came after the champion was trained.
pub(crate) async fn compare(
    lake: &Lake,
    tested: &Tested,
    rung: &Rung,
    champion: &Scorer,
    card: &ModelCard,
) -> Result<Verdict> {
    let asked = &tested.observations;
    let rows: Vec<usize> = (0..asked.len()).filter(|row| asked[*row].as_of >= card.as_of).collect();
    let labels: Vec<bool> = rows.iter().map(|row| tested.labels[*row]).collect();
    let positives = labels.iter().filter(|label| **label).count();
    if rows.len() < ROWS_MIN || positives.min(rows.len() - positives) < CLASS_ROWS_MIN {
        return Ok(Verdict::TooEarly { rows: rows.len() });
    }
    let observations: Vec<Observation> = rows.iter().map(|row| asked[*row].clone()).collect();
    let model = &champion.artifact.model;
    let table = lake.features(champion.feature_sql()?, &observations).await?;
    let before = card::scores(model, &model.features.encode(&table)?.0)?;
    let after: Vec<f64> = rows.iter().map(|row| rung.scores[*row]).collect();
    let beta = rung.beta;
    let leads: Vec<&str> = observations.iter().map(|observation| observation.lead_id.as_str()).collect();
    Ok(Verdict::Compared(Box::new(Comparison {
        champion: metrics::evaluate(&before, &labels, model.threshold.score, beta, None)?,
        challenger: metrics::evaluate(&after, &labels, rung.threshold, beta, None)?,
        errors_lower: choice::errors_lower(&losses(&before, &labels), &losses(&after, &labels), &leads),
    })))
}

/// Returns the log loss of each score.
pub(super) fn losses(scores: &[f64], labels: &[bool]) -> Vec<f64> {
    let loss = |(score, label): (&f64, &bool)| -(if *label { *score } else { 1.0 - score }).max(f64::EPSILON).ln();
    scores.iter().zip(labels).map(loss).collect()
}
