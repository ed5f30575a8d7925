//! Scored rows and the predictions made of them.

use chrono::{DateTime, Utc};
use plumb_lead::{Matrix, Observation, Prediction, Reason, Score, Unseen};
use plumb_learn::Explanation;

/// Which lead a row is about, and as of when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowKey<'a> {
    /// The lead; a row without a name gets its prediction's id.
    pub(crate) lead_id: Option<&'a str>,
    /// The time as of which the row holds.
    pub(crate) as_of: DateTime<Utc>,
}

impl RowKey<'_> {
    /// Returns the key of an observation's row.
    pub(crate) fn of(observation: &Observation) -> RowKey<'_> {
        RowKey { lead_id: Some(&observation.lead_id), as_of: observation.as_of }
    }
}

/// The scores of rows, in their order.
#[derive(Debug)]
pub(crate) struct RowScores {
    /// The model's inputs.
    pub(crate) matrix: Matrix,
    /// The output of each row before calibration.
    pub(crate) margins: Vec<f64>,
    /// The probabilities.
    pub(crate) scores: Vec<Score>,
    /// The most important reasons of each row, if any were asked for.
    pub(crate) reasons: Vec<Vec<Reason>>,
    /// What each feature contributed to each row's margin, if that was asked for.
    pub(crate) explanation: Option<Explanation>,
    /// The categories that training never saw.
    pub(crate) unseen: Vec<Unseen>,
}

/// The predictions of rows, in their order.
#[derive(Debug)]
pub(crate) struct Predictions {
    /// A prediction for each row, with an id of its own.
    pub(crate) predictions: Vec<Prediction>,
    /// The categories that training never saw.
    pub(crate) unseen: Vec<Unseen>,
    /// What each feature contributed to each row's margin, if that was asked for.
    pub(crate) explanation: Option<Explanation>,
}

/// Returns a row of a model's matrix as it is stored with a prediction: JSON has only finite numbers.
pub(crate) fn inputs(row: &[f32]) -> Vec<Option<f32>> {
    row.iter().map(|value| Some(*value).filter(|value| value.is_finite())).collect()
}

/// Returns stored inputs as a row of the model's matrix.
pub(crate) fn row_of(inputs: &[Option<f32>]) -> Vec<f32> {
    inputs.iter().map(|value| value.unwrap_or(f32::NAN)).collect()
}

/// At most so many different categories are collected of the leads of a request; they are searched one by one.
const UNSEEN_MAX: usize = 1_000;

/// Adds categories that training never saw to those of other rows.
pub(crate) fn add_unseen(all: &mut Vec<Unseen>, more: Vec<Unseen>) {
    if all.is_empty() {
        *all = more;
        return;
    }
    for category in more {
        let has_room = all.len() < UNSEEN_MAX;
        match all.iter_mut().find(|known| (&known.feature, &known.level) == (&category.feature, &category.level)) {
            Some(known) => known.rows += category.rows,
            None if has_room => all.push(category),
            None => {}
        }
    }
}
