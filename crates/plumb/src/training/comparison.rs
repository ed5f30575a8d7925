//! Challengers against the champion, on the same newest rows, which none of them knew.

use anyhow::Result;
use plumb_lake::Lake;
use plumb_lead::{Metrics, ModelCard, Observation};
use plumb_learn::{looks, metrics};
use serde::Serialize;

use super::candidates::{CandidateModel, CandidateModels, Holdout};
use super::choice::{falls_by_lead, mean};
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
    /// By how many standard errors the challenger's log loss is lower, counted by leads and without what skewness makes of it.
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

/// The rows to test on that came after the champion was trained, with its scores.
pub(crate) struct NewestRows {
    /// Their places among the rows to test on.
    rows: Vec<usize>,
    leads: Vec<String>,
    labels: Vec<bool>,
    champion_scores: Vec<f64>,
    champion_threshold: f64,
}

/// Compares a candidate with the champion on the rows to test on that came after the champion was trained.
pub(crate) async fn compare(
    lake: &Lake,
    holdout: &Holdout,
    challenger: &CandidateModel,
    champion: &Scorer,
    champion_card: &ModelCard,
) -> Result<ComparisonVerdict> {
    match newest_rows(lake, holdout, champion, champion_card).await? {
        Ok(newest) => Ok(ComparisonVerdict::Compared(Box::new(newest.compare(challenger)?))),
        Err(rows) => Ok(ComparisonVerdict::TooEarly { rows }),
    }
}

/// Chooses the best of the models that challenge the champion, on the rows that came after it was trained, and compares that
/// one with it. If there are too few such rows, the choice stays as it was.
pub(crate) async fn compare_rivals(
    lake: &Lake,
    candidates: &mut CandidateModels,
    champion: &Scorer,
    champion_card: &ModelCard,
) -> Result<ComparisonVerdict> {
    let newest = match newest_rows(lake, &candidates.holdout, champion, champion_card).await? {
        Ok(newest) => newest,
        Err(rows) => return Ok(ComparisonVerdict::TooEarly { rows }),
    };
    newest.choose(candidates);
    Ok(ComparisonVerdict::Compared(Box::new(newest.compare(candidates.best())?)))
}

/// Returns the rows that came after the champion was trained, with its scores; how many there are if they are too few.
async fn newest_rows(
    lake: &Lake,
    holdout: &Holdout,
    champion: &Scorer,
    champion_card: &ModelCard,
) -> Result<Result<NewestRows, usize>> {
    let tested = &holdout.observations;
    let rows: Vec<usize> = (0..tested.len()).filter(|row| tested[*row].as_of >= champion_card.as_of).collect();
    let labels: Vec<bool> = rows.iter().map(|row| holdout.labels[*row]).collect();
    let positives = labels.iter().filter(|label| **label).count();
    if rows.len() < ROWS_MIN || positives.min(rows.len() - positives) < CLASS_ROWS_MIN {
        return Ok(Err(rows.len()));
    }
    let observations: Vec<Observation> = rows.iter().map(|row| tested[*row].clone()).collect();
    let model = &champion.artifact.model;
    let table = lake.features(champion.feature_sql()?, &observations).await?;
    let champion_scores = evaluation::scores(model, &model.features.encode(&table)?.0)?;
    let leads = observations.into_iter().map(|observation| observation.lead_id).collect();
    Ok(Ok(NewestRows { rows, leads, labels, champion_scores, champion_threshold: model.threshold.score }))
}

impl NewestRows {
    /// Makes the rival with the lowest log loss the chosen model; of two with the same, the one that looks back furthest.
    fn choose(&self, candidates: &mut CandidateModels) {
        let loss = |place: usize| mean(&self.losses(&candidates.models[place]));
        let losses: Vec<(usize, f64)> = candidates.rivals.iter().map(|place| (*place, loss(*place))).collect();
        let Some((best, _)) = losses.iter().min_by(|left, right| left.1.total_cmp(&right.1)) else { return };
        if let [_, _, ..] = losses.as_slice() {
            let words = losses
                .iter()
                .map(|(place, loss)| format!("{} {loss:.4}", candidates.models[*place].card.settings.recency.words()));
            let words = words.collect::<Vec<_>>().join("; ");
            let rows = self.rows.len();
            candidates.choice.why.push_str(&format!("; by log loss on the {rows} newest rows: {words}"));
        }
        candidates.choice.index = *best;
    }

    fn scores(&self, challenger: &CandidateModel) -> Vec<f64> {
        self.rows.iter().map(|row| challenger.evaluation.scores[*row]).collect()
    }

    fn losses(&self, challenger: &CandidateModel) -> Vec<f64> {
        evaluation::log_losses(&self.scores(challenger), &self.labels)
    }

    fn compare(&self, challenger: &CandidateModel) -> Result<Comparison> {
        let NewestRows { leads, labels, champion_scores, champion_threshold, .. } = self;
        let (fit, scores) = (&challenger.evaluation, self.scores(challenger));
        let leads: Vec<&str> = leads.iter().map(String::as_str).collect();
        let before = evaluation::log_losses(champion_scores, labels);
        let falls = falls_by_lead(&before, &evaluation::log_losses(&scores, labels), &leads);
        Ok(Comparison {
            champion: metrics::evaluate(champion_scores, labels, *champion_threshold, fit.beta, None)?,
            challenger: metrics::evaluate(&scores, labels, fit.threshold, fit.beta, None)?,
            standard_errors_lower: looks::errors_of_mean(&falls),
        })
    }
}
