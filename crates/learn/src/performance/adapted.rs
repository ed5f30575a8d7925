//! Probabilities for a window whose leads are others than those that scores were calibrated on.

use plumb_lead::{FeatureSet, Matrix};
use serde::{Deserialize, Serialize};

use super::density_ratio::{DensityRatio, density_ratio};
use crate::calibration::Calibration;
use crate::error::Error;
use crate::samples::Samples;

/// Scores nearer to 0 or 1 are moved to it before the logarithm is taken.
const SCORE_MIN: f64 = 1e-6;

/// Rows whose outcome is known and that the model was not fitted on, with their scores.
#[derive(Clone, Copy, Debug)]
pub struct Reference<'a> {
    /// The model's features.
    pub features: &'a FeatureSet,
    /// The rows, encoded by them.
    pub matrix: &'a Matrix,
    /// The score of each row.
    pub scores: &'a [f64],
    /// Whether each was positive.
    pub labels: &'a [bool],
}

/// Probabilities of a window's leads, calibrated on reference rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Adapted {
    /// The probability of each lead.
    pub probabilities: Vec<f64>,
    /// The standard error that the log-odds of all of them have in common.
    pub error: f64,
    /// How many reference rows the calibration is worth: fewer than there are if the window is of another kind.
    pub effective_rows: f64,
    /// How well the leads of the window can be told from the reference rows, as an AUC over rows that the classifier did not
    /// see: 0.5 is not at all, and 1 means that nothing in the reference resembles the window.
    pub moved: f64,
}

/// Calibrates the scores of a window on reference rows as they are.
pub fn recalibrate(reference: &Reference, scores: &[f64]) -> Result<Adapted, Error> {
    calibrate(reference, scores, &DensityRatio { weights: vec![1.0; reference.labels.len()], auc: 0.5 })
}

/// Calibrates the scores of a window on reference rows that are weighted like the window's leads (PAPE, Białek and others
/// 2024, Estimating Model Performance Under Covariate Shift Without Labels, arXiv 2401.08348).
///
/// The weight of a reference row is the ratio of densities `w(x) = p_window(x) / p_reference(x)`, which is the odds of a
/// classifier that tells both apart, times the reference rows over those of the window. Each row gets the odds of a
/// classifier that did not see it, and if no classifier tells them apart better than chance all weights are 1. Under another
/// mix of leads with the same outcomes given the inputs, scores are then calibrated again. If the same inputs lead to
/// other outcomes nothing can be known without outcomes: [`super::watch()`] is for those.
pub fn adapt(reference: &Reference, window: &Matrix, scores: &[f64], seed: u64) -> Result<Adapted, Error> {
    if window.rows != scores.len() {
        return Err(Error::Lengths { what: "scores", found: scores.len(), expected: window.rows });
    }
    let columns = reference.features.features.len();
    for matrix in [reference.matrix, window] {
        if matrix.columns != columns {
            return Err(Error::Columns { found: matrix.columns, expected: columns });
        }
    }
    if reference.matrix.rows != reference.labels.len() {
        let (found, expected) = (reference.labels.len(), reference.matrix.rows);
        return Err(Error::Lengths { what: "labels", found, expected });
    }
    calibrate(reference, scores, &density_ratio(reference.features, reference.matrix, window, seed)?)
}

fn calibrate(reference: &Reference, scores: &[f64], ratio: &DensityRatio) -> Result<Adapted, Error> {
    if reference.scores.len() != reference.labels.len() {
        let (found, expected) = (reference.scores.len(), reference.labels.len());
        return Err(Error::Lengths { what: "scores", found, expected });
    }
    for scores in [reference.scores, scores] {
        if let Some((row, score)) = scores.iter().enumerate().find(|(_, score)| !(0.0..=1.0).contains(*score)) {
            return Err(Error::Score { score: *score, row });
        }
    }
    let samples = Samples { matrix: reference.matrix, labels: reference.labels, weights: &ratio.weights };
    check_classes(samples)?;
    let margins: Vec<f64> = reference.scores.iter().map(|score| log_odds(*score)).collect();
    let calibration = Calibration::fit(&margins, samples)?;
    let probability = |score: &f64| calibration.probability(log_odds(*score));
    let (mut sum, mut squares, mut information, mut variance) = (0.0, 0.0, 0.0, 0.0);
    for (score, weight) in reference.scores.iter().zip(&ratio.weights) {
        let (share, weight) = (probability(score), f64::from(*weight));
        let own = share * (1.0 - share);
        (sum, squares) = (sum + weight, squares + weight * weight);
        (information, variance) = (information + weight * own, variance + weight * weight * own);
    }
    Ok(Adapted {
        probabilities: scores.iter().map(probability).collect(),
        error: variance.sqrt() / information,
        effective_rows: sum * sum / squares,
        moved: ratio.auc,
    })
}

fn check_classes(samples: Samples) -> Result<(), Error> {
    let doing = "calibrate scores on";
    let weight_of = |class: bool| -> f32 {
        samples.labels.iter().zip(samples.weights).filter(|(label, _)| **label == class).map(|(_, weight)| weight).sum()
    };
    match (weight_of(true) > 0.0, weight_of(false) > 0.0) {
        (true, true) => Ok(()),
        (false, false) => Err(Error::NoRows { doing }),
        (positive, _) => {
            let class = if positive { "positive" } else { "negative" };
            Err(Error::OneClass { doing, rows: samples.labels.len(), class })
        }
    }
}

fn log_odds(score: f64) -> f64 {
    let score = score.clamp(SCORE_MIN, 1.0 - SCORE_MIN);
    (score / (1.0 - score)).ln()
}

#[cfg(test)]
mod tests {
    use plumb_lead::{Column, MessageCatalog, Table, Values};
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    struct Rows {
        matrix: Matrix,
        scores: Vec<f64>,
        truth: Vec<f64>,
        labels: Vec<bool>,
    }

    /// Draws rows of two numbers. The score knows the first only, and is calibrated where the second is as often over as
    /// under 0.5; in a window whose second number is larger it is too low.
    fn rows(count: usize, power: f64, seed: u64) -> (FeatureSet, Rows) {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let numbers: Vec<[f64; 2]> =
            (0..count).map(|_| [random.random(), random.random::<f64>().powf(power)]).collect();
        let truth = |[one, two]: &[f64; 2]| (0.1 + 0.5 * one) * if *two > 0.5 { 1.5 } else { 0.5 };
        let truth: Vec<f64> = numbers.iter().map(truth).collect();
        let labels = truth.iter().map(|share| random.random_bool(*share)).collect();
        let column = |name: &str, place: usize| Column {
            name: name.into(),
            values: Values::Number(numbers.iter().map(|pair| pair[place] as f32).collect()),
        };
        let table = Table::new(vec![column("one", 0), column("two", 1)]).expect("columns are of one length");
        let features = FeatureSet::learn(&table, &MessageCatalog::default());
        let (matrix, _) = features.encode(&table).expect("it is the table that was learned from");
        let scores = numbers.iter().map(|[one, _]| 0.1 + 0.5 * one).collect();
        (features, Rows { matrix, scores, truth, labels })
    }

    fn mean(values: &[f64]) -> f64 {
        values.iter().sum::<f64>() / values.len() as f64
    }

    #[test]
    fn probabilities_follow_a_moved_population() {
        let (features, known) = rows(4_000, 1.0, 1);
        let reference =
            Reference { features: &features, matrix: &known.matrix, scores: &known.scores, labels: &known.labels };
        let (_, window) = rows(1_500, 0.3, 2);
        let plain = recalibrate(&reference, &window.scores).expect("both classes are there");
        let adapted = adapt(&reference, &window.matrix, &window.scores, 1).expect("both classes are there");
        let truth = mean(&window.truth);
        let (far, near) = (truth - mean(&plain.probabilities), truth - mean(&adapted.probabilities));
        assert!(far > 0.08 && near.abs() < 0.025, "{far} {near}");
        assert!(adapted.moved > 0.6 && adapted.effective_rows < 3_000.0, "{adapted:?}");
        assert!(near.abs() < 3.0 * adapted.error, "{near} against {}", adapted.error);
    }

    #[test]
    fn nothing_is_weighted_where_nothing_has_moved() {
        let (features, known) = rows(2_000, 1.0, 1);
        let reference =
            Reference { features: &features, matrix: &known.matrix, scores: &known.scores, labels: &known.labels };
        let (_, window) = rows(700, 1.0, 3);
        let adapted = adapt(&reference, &window.matrix, &window.scores, 1).expect("both classes are there");
        assert_eq!(adapted, recalibrate(&reference, &window.scores).expect("both classes are there"));
        assert_eq!((adapted.moved, adapted.effective_rows), (0.5, 2_000.0));
    }

    #[test]
    fn unusable_input_is_an_error() {
        let (features, known) = rows(50, 1.0, 1);
        let negative = vec![false; 50];
        let reference =
            Reference { features: &features, matrix: &known.matrix, scores: &known.scores, labels: &negative };
        let one_class = recalibrate(&reference, &known.scores).expect_err("there is one class");
        assert!(one_class.to_string().contains("50 rows to calibrate scores on are negative"), "{one_class}");
        let reference = Reference { labels: &known.labels, ..reference };
        assert!(adapt(&reference, &known.matrix, &known.scores[1..], 1).is_err());
        assert!(recalibrate(&reference, &[1.5]).is_err());
    }
}
