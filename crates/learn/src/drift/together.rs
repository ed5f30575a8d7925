//! All columns together: whether a classifier can tell a window's rows from those of training. It sees what no column alone
//! shows, such as two columns that no longer go together.

use std::collections::BTreeSet;

use plumb_lead::{FeatureSet, Matrix};

use super::tails::t_beyond;
use crate::error::Error;
use crate::leaks::QuickModel;

/// The most weeks of the training data that are set apart to see how well they can be told from the others.
const WEEKS_MAX: usize = 12;

/// With fewer there is no verdict.
const WEEKS_MIN: usize = 8;

/// The most rows of each side; more make a finer classifier and take longer.
const ROWS_MAX: usize = 2_000;

/// With fewer rows in a week a classifier learns nothing.
const ROWS_MIN: usize = 50;

/// How well a window can be told from the training data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Together {
    /// Area under the ROC curve of a classifier, on rows that it has not seen: 0.5 if it learned nothing.
    pub auc: f64,
    /// The mean of the same for weeks of the training data against the others.
    pub auc_of_weeks: f64,
    /// The chance of telling a window of no change apart so well; 1 if the weeks are too few to know.
    pub p_value: f64,
}

/// Returns how well the rows of a window can be told from those of training, beside how well the weeks of training can be told
/// from each other: any week has something of its own. `weeks` has the number of each training row's week.
pub fn together(
    features: &FeatureSet,
    reference: &Matrix,
    weeks: &[i64],
    current: &Matrix,
    seed: u64,
) -> Result<Together, Error> {
    let unknown = Together { auc: 0.5, auc_of_weeks: 0.5, p_value: 1.0 };
    let rows_of = |week: i64| -> Vec<usize> { (0..weeks.len()).filter(|row| weeks[*row] == week).collect() };
    let all: BTreeSet<i64> = weeks.iter().copied().collect();
    let newest: Vec<Vec<usize>> =
        all.iter().rev().map(|week| rows_of(*week)).filter(|rows| rows.len() >= ROWS_MIN).take(WEEKS_MAX).collect();
    if newest.len() < WEEKS_MIN || current.rows < ROWS_MIN {
        return Ok(unknown);
    }
    // A window of as many rows as the weeks have: with more, a classifier learns more.
    let usual = newest.iter().map(Vec::len).sum::<usize>() / newest.len();
    let limit = usual.min(current.rows).min(ROWS_MAX);
    let told = |side: &Matrix, others: &[usize]| -> Result<f64, Error> {
        let side = side.select(&spread(side.rows, limit));
        let others = reference
            .select(&spread(others.len(), ROWS_MAX).into_iter().map(|place| others[place]).collect::<Vec<_>>());
        auc(features, &others, &side, seed)
    };
    let mut known = Vec::new();
    for rows in &newest {
        let week = weeks[rows[0]];
        let others: Vec<usize> = (0..weeks.len()).filter(|row| weeks[*row] != week).collect();
        known.push(told(&reference.select(rows), &others)?);
    }
    let auc = told(current, &(0..weeks.len()).collect::<Vec<_>>())?;
    let count = known.len() as f64;
    let mean = known.iter().sum::<f64>() / count;
    let variance = known.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
    // What chance alone makes of an AUC of so few rows, if the weeks happen to be more alike than that.
    let by_chance = (limit as f64 + ROWS_MAX as f64 + 1.0) / (12.0 * limit as f64 * ROWS_MAX as f64);
    let spread = (variance.max(by_chance) * (1.0 + 1.0 / count)).sqrt();
    let p_value = if auc <= mean { 1.0 } else { t_beyond((auc - mean) / spread, count - 1.0) / 2.0 };
    Ok(Together { auc, auc_of_weeks: mean, p_value })
}

/// The area under the curve of small boosted trees, of rows that they have not seen.
fn auc(features: &FeatureSet, reference: &Matrix, current: &Matrix, seed: u64) -> Result<f64, Error> {
    let values = [reference.values.as_slice(), current.values.as_slice()].concat();
    let matrix = Matrix { values, rows: reference.rows + current.rows, columns: reference.columns };
    let labels: Vec<bool> = (0..matrix.rows).map(|row| row >= reference.rows).collect();
    let watched: Vec<usize> = (0..matrix.columns).filter(|column| features.features[*column].messages.watch).collect();
    QuickModel::of_rows(features, &matrix, &labels, seed)?.auc(&watched)
}

/// Places of at most so many rows, evenly over all.
fn spread(rows: usize, limit: usize) -> Vec<usize> {
    let count = rows.min(limit);
    (0..count).map(|place| place * rows / count.max(1)).collect()
}
