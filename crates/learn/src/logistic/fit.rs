//! How a logistic regression is fitted, and its L2 strength chosen.

use plumb_lead::{FeatureSet, Monotone};

use super::regression::Logistic;
use super::scorecard::Scorecard;
use crate::assumptions::SLOPE_SPREAD;
use crate::error::Error;
use crate::linear::{self, Design, Encoding, Prior, Solution};
use crate::log_loss::log_loss_shifted;
use crate::rules::Rules;
use crate::samples::Samples;

/// The L2 strengths that are tried, strongest first, so that each fit starts near the last.
const STRENGTHS: [f64; 6] = [300.0, 100.0, 30.0, 10.0, 1.0, 0.1];

impl Logistic {
    /// Returns the regression with this L2 strength.
    pub fn fit(features: &FeatureSet, train: Samples, rules: Option<&Rules>, strength: f64) -> Result<Logistic, Error> {
        train.check(features, "train")?;
        if !(strength > 0.0 && strength.is_finite()) {
            let expected = "a number over 0";
            return Err(Error::Parameter { name: "strength", found: strength.to_string(), expected });
        }
        let fit = LogisticFit::new(features, train, train, rules)?;
        Ok(fit.finish(strength, &fit.solve(&fit.prior(strength), None), true))
    }

    /// Returns the regression whose L2 strength has the lowest log loss on the rows to choose on, after the best shift.
    pub fn search(
        features: &FeatureSet,
        train: Samples,
        valid: Samples,
        rules: Option<&Rules>,
    ) -> Result<Logistic, Error> {
        train.check(features, "train")?;
        valid.check(features, "choose on")?;
        let fit = LogisticFit::new(features, train, train, rules)?;
        let mut best: Option<(f64, Logistic)> = None;
        let mut weights = None;
        for strength in STRENGTHS {
            let solution = fit.solve(&fit.prior(strength), weights.as_deref());
            let logistic = fit.finish(strength, &solution, false);
            weights = Some(solution.weights);
            let loss = log_loss_shifted(&logistic.margins(valid.matrix)?, valid.labels, valid.weights);
            // A tie goes to the stronger penalty, which comes first.
            if best.as_ref().is_none_or(|(least, _)| loss < *least) {
                best = Some((loss, logistic));
            }
        }
        Ok(best.expect("at least one strength is tried").1)
    }
}

/// What the fits with all strengths share.
pub(super) struct LogisticFit<'a> {
    encodings: Vec<Encoding>,
    rules: Option<Scorecard>,
    design: Design,
    means: Vec<f64>,
    directions: Vec<Monotone>,
    train: Samples<'a>,
}

impl<'a> LogisticFit<'a> {
    /// Prepares a fit on `train`; the encodings are learned from `seen`.
    pub(super) fn new(
        features: &FeatureSet,
        train: Samples<'a>,
        seen: Samples,
        rules: Option<&Rules>,
    ) -> Result<LogisticFit<'a>, Error> {
        let (encodings, columns) = Encoding::learn(features, seen);
        let rules = rules.map(|rules| Scorecard::learn(features, seen, rules)).transpose()?.flatten();
        let scores = rules.as_ref().map(|scorecard| scorecard.column(train.matrix)).transpose()?;
        let design = Design::new(&encodings, train.matrix, scores.as_deref());
        let mut means = if train.matrix.rows == seen.matrix.rows {
            design.means(train.weights)
        } else {
            Design::new(&encodings, seen.matrix, None).means(seen.weights)
        };
        // Standardised: the mean of the rules' column is 0, but for rounding.
        means.truncate(columns);
        means.resize(design.width, 0.0);
        let mut directions = vec![Monotone::Free; columns];
        for (feature, encoding) in features.features.iter().zip(&encodings) {
            if let Encoding::Number { column, .. } = encoding {
                directions[*column] = feature.messages.monotone;
            }
        }
        // More points never lower the score.
        directions.resize(design.width, Monotone::Increasing);
        Ok(LogisticFit { encodings, rules, design, means, directions, train })
    }

    pub(super) fn prior(&self, strength: f64) -> Prior {
        let mut prior = Prior::ridge(strength, self.directions.clone());
        if self.rules.is_some() {
            let column = self.design.width - 1;
            (prior.means[column], prior.precisions[column]) = (1.0, SLOPE_SPREAD.powi(-2));
        }
        prior
    }

    pub(super) fn solve(&self, prior: &Prior, start: Option<&[f64]>) -> Solution {
        let Samples { labels, weights, .. } = self.train;
        linear::minimise(&self.design, labels, weights, prior, start)
    }

    /// Returns the regression of a solution; its covariance only if it is final, since that takes time.
    pub(super) fn finish(&self, strength: f64, solution: &Solution, is_final: bool) -> Logistic {
        let (intercept, weights) = solution.weights.split_last().expect("the intercept is always there");
        let base = intercept + weights.iter().zip(&self.means).map(|(weight, mean)| weight * mean).sum::<f64>();
        let covariance = if is_final { solution.covariance(&self.design) } else { Vec::new() };
        Logistic {
            strength,
            base,
            encodings: self.encodings.clone(),
            weights: weights.to_vec(),
            means: self.means.clone(),
            rules: self.rules.clone(),
            covariance: covariance.into_iter().map(|value| value as f32).collect(),
        }
    }
}
