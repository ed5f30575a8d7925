//! Whether scores whose outcomes are known are still probabilities.

use plumb_lead::Monotone;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::linear::{self, Design, Prior};
use crate::log_loss::softplus;
use crate::metrics;

/// Scores nearer to 0 or 1 are moved to it before the logarithm is taken.
const SCORE_MIN: f64 = 1e-6;

/// Keeps the slope finite where scores separate the classes perfectly.
const STRENGTH: f64 = 1e-6;

/// How scores and outcomes of some leads agree.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CalibrationTest {
    /// The number of leads.
    pub rows: usize,
    /// How many were positive.
    pub positives: usize,
    /// How many the scores let expect.
    pub expected: f64,
    /// The intercept of the log-odds of outcomes over those of scores; 0 of perfect scores. Its standard error follows.
    pub intercept: f64,
    /// Its standard error.
    pub intercept_error: f64,
    /// The slope; 1 of perfect scores, under 1 where scores are too extreme.
    pub slope: f64,
    /// Its standard error.
    pub slope_error: f64,
    /// How likely an intercept and a slope so far from 0 and 1 are by chance, if scores are perfect.
    pub p_value: f64,
    /// The expected calibration error over ten bins of equal count.
    pub error: f64,
    /// How large that is by chance alone, if scores are perfect.
    pub error_by_chance: f64,
    /// The root of the mean squared distance of scores and shares in bins, without the part that chance explains; 0 where
    /// chance explains all.
    pub distance: f64,
}

/// Tests the calibration of scores on leads whose outcome is known.
///
/// Intercept and slope are those of Cox (1958), a regression of outcomes on the log-odds of scores, and the p-value is
/// that of the likelihood ratio to an intercept of 0 and a slope of 1. The expected calibration error is `Σ n/N |s - y|`
/// over bins of mean score `s` and share `y`; of perfect scores chance makes it about `Σ n/N √(2 s (1 - s) / (π n))`. The
/// distance is that of Kumar, Liang and Ma (2019, Verified uncertainty calibration), which subtracts the variance of each
/// share: `Σ n/N ((s - y)² - y (1 - y) / (n - 1))`.
///
/// The test is for one look at a window; for a look every week [`super::watch()`] is valid.
pub fn test_calibration(scores: &[f64], labels: &[bool]) -> Result<CalibrationTest, Error> {
    let bins = metrics::reliability(scores, labels)?;
    let rows = scores.len();
    let share = |count: usize| count as f64 / rows as f64;
    let chance = std::f64::consts::FRAC_2_PI;
    let error = bins.iter().map(|bin| share(bin.rows) * (bin.predicted - bin.observed).abs()).sum();
    let by_chance = |mean: f64, count: usize| (chance * mean * (1.0 - mean) / count as f64).sqrt();
    let error_by_chance = bins.iter().map(|bin| share(bin.rows) * by_chance(bin.predicted, bin.rows)).sum();
    let squared = bins.iter().filter(|bin| bin.rows > 1).map(|bin| {
        let variance = bin.observed * (1.0 - bin.observed) / (bin.rows - 1) as f64;
        share(bin.rows) * ((bin.predicted - bin.observed).powi(2) - variance)
    });
    let distance = squared.sum::<f64>().max(0.0).sqrt();
    let line = Line::fit(scores, labels);
    Ok(CalibrationTest {
        rows,
        positives: labels.iter().filter(|label| **label).count(),
        expected: scores.iter().sum(),
        intercept: line.intercept,
        intercept_error: line.intercept_error,
        slope: line.slope,
        slope_error: line.slope_error,
        // The chi-squared distribution of two degrees of freedom.
        p_value: (-line.deviance.max(0.0) / 2.0).exp(),
        error,
        error_by_chance,
        distance,
    })
}

/// The regression of outcomes on the log-odds of scores.
struct Line {
    intercept: f64,
    intercept_error: f64,
    slope: f64,
    slope_error: f64,
    /// Twice the gain in likelihood over an intercept of 0 and a slope of 1.
    deviance: f64,
}

impl Line {
    fn fit(scores: &[f64], labels: &[bool]) -> Line {
        let log_odds: Vec<f64> = scores
            .iter()
            .map(|score| {
                let score = score.clamp(SCORE_MIN, 1.0 - SCORE_MIN);
                (score / (1.0 - score)).ln()
            })
            .collect();
        let design = Design::dense(log_odds.iter().map(|value| [*value]));
        let prior = Prior::ridge(STRENGTH, vec![Monotone::Free]);
        let solution = linear::minimise(&design, labels, &vec![1.0; labels.len()], &prior, None);
        let (slope, intercept) = (solution.weights[0], solution.weights[1]);
        let covariance = solution.covariance(&design);
        let loss = |slope: f64, intercept: f64| -> f64 {
            let rows = log_odds.iter().zip(labels);
            rows.map(|(value, label)| {
                let margin = intercept + slope * value;
                softplus(if *label { -margin } else { margin })
            })
            .sum()
        };
        Line {
            intercept,
            intercept_error: covariance[2].sqrt(),
            slope,
            slope_error: covariance[0].sqrt(),
            deviance: 2.0 * (loss(1.0, 0.0) - loss(slope, intercept)),
        }
    }
}

/// The scores of some leads in a few numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoreSummary {
    /// The number of leads.
    pub rows: usize,
    /// The mean score.
    pub mean: f64,
    /// The least score, the deciles, and the largest.
    pub deciles: [f64; 11],
    /// The share of leads at or over the threshold.
    pub called: f64,
}

/// Returns the scores of some leads in a few numbers.
pub fn summarise(scores: &[f64], threshold: f64) -> Result<ScoreSummary, Error> {
    if let Some((row, score)) = scores.iter().enumerate().find(|(_, score)| !(0.0..=1.0).contains(*score)) {
        return Err(Error::Score { score: *score, row });
    }
    let rows = scores.len();
    if rows == 0 {
        return Err(Error::NoRows { doing: "sum up the scores of" });
    }
    let mut sorted = scores.to_vec();
    sorted.sort_by(f64::total_cmp);
    let mut deciles = [0.0; 11];
    for (index, decile) in deciles.iter_mut().enumerate() {
        *decile = sorted[(index * (rows - 1) + 5) / 10];
    }
    let called = sorted.len() - sorted.partition_point(|score| *score < threshold);
    Ok(ScoreSummary {
        rows,
        mean: scores.iter().sum::<f64>() / rows as f64,
        deciles,
        called: called as f64 / rows as f64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers from 0 to 1 by a linear congruential generator, the same in any language.
    fn numbers() -> impl Iterator<Item = f64> {
        let mut state = 1u64;
        std::iter::repeat_with(move || {
            state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
            state as f64 / 2_147_483_648.0
        })
    }

    /// Two hundred scores whose outcomes come 1.4 times as often.
    fn rows() -> (Vec<f64>, Vec<bool>) {
        let numbers: Vec<f64> = numbers().take(400).collect();
        let scores: Vec<f64> = numbers[..200].iter().map(|number| number * number).collect();
        let labels = scores.iter().zip(&numbers[200..]).map(|(score, number)| *number < (1.4 * score).min(1.0));
        let labels = labels.collect();
        (scores, labels)
    }

    #[test]
    fn test_agrees_with_statsmodels_and_numpy() {
        let (scores, labels) = rows();
        let found = test_calibration(&scores, &labels).expect("both classes are there");
        assert_eq!((found.rows, found.positives), (200, 92));
        // statsmodels 0.15.0: `Logit(y, [1, log_odds])`, scipy 1.17.1: `chi2.sf(2 (llf - ll0), 2)`; bins by numpy 2.4.6.
        for (name, found, expected, tolerance) in [
            ("expected", found.expected, 65.90122910077886, 1e-9),
            ("intercept", found.intercept, 1.09124412, 1e-5),
            ("intercept's error", found.intercept_error, 0.25603085, 1e-5),
            ("slope", found.slope, 1.19594476, 1e-5),
            ("slope's error", found.slope_error, 0.17255391, 1e-5),
            ("p-value", found.p_value, 3.2776269384955514e-06, 1e-9),
            ("error", found.error, 0.14102092731933497, 1e-12),
            ("error by chance", found.error_by_chance, 0.06208677360428312, 1e-12),
            ("distance", found.distance, 0.16691553984616278, 1e-12),
        ] {
            assert!((found - expected).abs() < tolerance, "{name}: {found} is not {expected}");
        }
    }

    #[test]
    fn scores_are_summed_up_in_a_few_numbers() {
        let scores: Vec<f64> = (0..=10).map(|tenth| f64::from(tenth) / 10.0).collect();
        let summary = summarise(&scores, 0.7).expect("rows are there");
        assert_eq!((summary.rows, summary.deciles.to_vec(), summary.called), (11, scores, 4.0 / 11.0));
        assert!((summary.mean - 0.5).abs() < 1e-12);
        assert!(summarise(&[], 0.5).is_err() && summarise(&[2.0], 0.5).is_err());
    }
}
