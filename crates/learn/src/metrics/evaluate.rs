//! The measures of scores, one by one or all of them with intervals.

use plumb_lead::{Metric, Metrics};

use super::bootstrap::Bootstrap;
use super::checks::{check_beta, check_probabilities, check_rows};
use super::measures::{Measures, log_loss_of, mean, squared_error};
use super::ranked::Ranked;
use crate::error::Error;

/// Returns every measure at a decision threshold, with 95 % intervals if a bootstrap is given.
/// Scores are probabilities from 0 to 1; `beta` is that of F-beta, over 0.
pub fn evaluate(
    scores: &[f64],
    labels: &[bool],
    threshold: f64,
    beta: f64,
    bootstrap: Option<Bootstrap>,
) -> Result<Metrics, Error> {
    check_beta(beta)?;
    check_probabilities(scores)?;
    let ranked = Ranked::new(scores, labels, "measure on")?;
    let values = Measures::of(&ranked, threshold, beta);
    let intervals = bootstrap.map(|bootstrap| bootstrap.intervals(&ranked, threshold, beta)).transpose()?;
    let metric = |of: fn(&Measures) -> f64| Metric {
        value: of(&values),
        interval: intervals.as_ref().map(|draws| draws.of(of)),
    };
    Ok(Metrics {
        rows: ranked.rows(),
        positives: ranked.positives(),
        auc: metric(|measures| measures.auc),
        average_precision: metric(|measures| measures.average_precision),
        f1: Some(metric(|measures| measures.f1)),
        f_beta: metric(|measures| measures.f_beta),
        beta,
        precision: metric(|measures| measures.precision),
        recall: metric(|measures| measures.recall),
        brier: metric(|measures| measures.brier),
        log_loss: metric(|measures| measures.log_loss),
        lift_top_decile: metric(|measures| measures.lift_top_decile),
        calibration_error: metric(|measures| measures.calibration_error),
    })
}

/// Returns the area under the ROC curve: how often a positive scores over a negative, a tie counting half.
/// Scores may be any numbers, log-odds for one.
pub fn auc(scores: &[f64], labels: &[bool]) -> Result<f64, Error> {
    Ok(Ranked::new(scores, labels, "measure the AUC on")?.auc())
}

/// Returns the average precision: the precision at each score, weighted by the positives found there.
/// Scores may be any numbers, log-odds for one.
pub fn average_precision(scores: &[f64], labels: &[bool]) -> Result<f64, Error> {
    Ok(Ranked::new(scores, labels, "measure the average precision on")?.average_precision())
}

/// Returns the mean negative log-likelihood in nats. Scores are probabilities.
pub fn log_loss(scores: &[f64], labels: &[bool]) -> Result<f64, Error> {
    check_probabilities(scores)?;
    check_rows(scores, labels, "measure the log loss on")?;
    Ok(mean(scores.iter().zip(labels).map(|(score, label)| log_loss_of(*score, *label))))
}

/// Returns the mean squared distance of score and label. Scores are probabilities.
pub fn brier(scores: &[f64], labels: &[bool]) -> Result<f64, Error> {
    check_probabilities(scores)?;
    check_rows(scores, labels, "measure the Brier score on")?;
    Ok(mean(scores.iter().zip(labels).map(|(score, label)| squared_error(*score, *label))))
}

/// Returns the F-beta of calling every row whose score is at or over the threshold; 0 if that is no row.
pub fn f_beta(scores: &[f64], labels: &[bool], threshold: f64, beta: f64) -> Result<f64, Error> {
    check_beta(beta)?;
    let ranked = Ranked::new(scores, labels, "measure F-beta on")?;
    Ok(ranked.called(threshold).f_beta(ranked.positives(), beta))
}
