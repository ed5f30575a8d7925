//! What scores and labels have to be like to be measured.

use crate::error::Error;

/// Returns an error unless the beta of F-beta is over 0.
pub(crate) fn check_beta(beta: f64) -> Result<(), Error> {
    if beta.is_finite() && beta > 0.0 {
        return Ok(());
    }
    Err(Error::Parameter { name: "beta", found: beta.to_string(), expected: "a number over 0, such as 0.5" })
}

/// Returns an error unless all scores are probabilities.
pub(super) fn check_probabilities(scores: &[f64]) -> Result<(), Error> {
    match scores.iter().enumerate().find(|(_, score)| !(0.0..=1.0).contains(*score)) {
        Some((row, score)) => Err(Error::Score { score: *score, row }),
        None => Ok(()),
    }
}

/// Returns an error unless there are rows, with a label each.
pub(super) fn check_rows(scores: &[f64], labels: &[bool], doing: &'static str) -> Result<(), Error> {
    if scores.len() != labels.len() {
        return Err(Error::Lengths { what: "scores", found: scores.len(), expected: labels.len() });
    }
    if labels.is_empty() { Err(Error::NoRows { doing }) } else { Ok(()) }
}
