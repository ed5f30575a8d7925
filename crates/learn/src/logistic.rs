//! Logistic regression: the second rung of the ladder.
//!
//! Numbers are standardised and held inside the range that training saw, so that one absurd value cannot make one
//! absurd score. Categories are one-hot, rare levels pooled. A missing value has a weight of its own where training
//! saw enough of them. The features' directions (`monotone`) are kept by the numbers' and flags' weights.
//!
//! Where the team has rules, their points are one more column, whose weight is drawn to what points mean before
//! anybody counted, and the others to 0: the fewer labels there are, the more the regression says what the rules say
//! (docs/decisions/0013).

use plumb_lead::{FeatureSet, Matrix, Monotone};
use serde::{Deserialize, Serialize};

use crate::calibration::{ASSUMED_SPREAD, SLOPE_SPREAD, assumed_log_odds};
use crate::encoding::{Design, Encoding};
use crate::newton::{self, Prior, Solution};
use crate::rules::Rules;
use crate::scorecard::Points;
use crate::{Error, Explanation, Samples};

/// The L2 strengths that are tried, strongest first, so that each fit starts near the last.
const STRENGTHS: [f64; 6] = [300.0, 100.0, 30.0, 10.0, 1.0, 0.1];

/// The strengths that few labels are mixed over: an effect of a standard deviation is between 0.2 and 2 in log-odds.
const STRENGTHS_OF_FEW: [f64; 5] = [30.0, 10.0, 3.0, 1.0, 0.3];

/// A fitted logistic regression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Logistic {
    /// The factor of half the sum of squared weights in the loss; 1/C of scikit-learn.
    strength: f64,
    /// The mean margin of the training rows.
    base: f64,
    /// How each feature becomes columns.
    encodings: Vec<Encoding>,
    /// A weight a column.
    weights: Vec<f64>,
    /// The mean of each column over the training rows.
    means: Vec<f64>,
    /// The team's rules, whose column is the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rules: Option<Points>,
    /// Covariance of the weights and the intercept, the lower half; empty in models of older programs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    covariance: Vec<f32>,
}

impl Logistic {
    /// Returns the regression with this L2 strength.
    pub fn fit(features: &FeatureSet, train: Samples, rules: Option<&Rules>, strength: f64) -> Result<Logistic, Error> {
        train.check(features, "train")?;
        if !(strength > 0.0 && strength.is_finite()) {
            let expected = "a number over 0";
            return Err(Error::Parameter { name: "strength", found: strength.to_string(), expected });
        }
        let fitting = Fitting::new(features, train, train, rules)?;
        Ok(fitting.finish(strength, &fitting.solve(&fitting.prior(strength), None), true))
    }

    /// Returns the regression whose L2 strength has the lowest log loss on the rows to choose on,
    /// after the best shift.
    pub fn search(
        features: &FeatureSet,
        train: Samples,
        valid: Samples,
        rules: Option<&Rules>,
    ) -> Result<Logistic, Error> {
        train.check(features, "train")?;
        valid.check(features, "choose on")?;
        let fitting = Fitting::new(features, train, train, rules)?;
        let mut best: Option<(f64, Logistic)> = None;
        let mut weights = None;
        for strength in STRENGTHS {
            let solution = fitting.solve(&fitting.prior(strength), weights.as_deref());
            let logistic = fitting.finish(strength, &solution, false);
            weights = Some(solution.weights);
            let loss = newton::log_loss_shifted(&logistic.margins(valid.matrix)?, valid.labels, valid.weights);
            // A tie goes to the stronger penalty, which comes first.
            if best.as_ref().is_none_or(|(least, _)| loss < *least) {
                best = Some((loss, logistic));
            }
        }
        Ok(best.expect("at least one strength is tried").1)
    }

    /// Returns the regression of labels that are too few to choose anything on. Each L2 strength has its part in it by
    /// the evidence, how likely it made the labels (MacKay 1992), so that it is not surer of the strength than the labels
    /// let it be; and the intercept is drawn to an assumed share of good leads.
    /// `everyone` are leads with and without a label: what the features' values are like is learned from them.
    pub(crate) fn of_few(
        features: &FeatureSet,
        few: Samples,
        everyone: Samples,
        rules: Option<&Rules>,
    ) -> Result<Logistic, Error> {
        let fitting = Fitting::new(features, few, everyone, rules)?;
        let mut fits: Vec<(f64, Logistic)> = Vec::new();
        let mut weights = None;
        for strength in STRENGTHS_OF_FEW {
            let mut prior = fitting.prior(strength);
            let intercept = prior.means.len() - 1;
            prior.means[intercept] = assumed_log_odds();
            prior.precisions[intercept] = ASSUMED_SPREAD.powi(-2);
            let solution = fitting.solve(&prior, weights.as_deref());
            fits.push((solution.log_evidence(&prior), fitting.finish(strength, &solution, true)));
            weights = Some(solution.weights);
        }
        Ok(mixed(fits))
    }

    /// Returns the L2 strength.
    pub fn strength(&self) -> f64 {
        self.strength
    }

    /// Returns the log-odds of each row.
    pub fn margins(&self, matrix: &Matrix) -> Result<Vec<f64>, Error> {
        let explanation = self.explain(matrix)?;
        Ok((0..matrix.rows).map(|row| explanation.margin(row)).collect())
    }

    /// Returns each feature's part in the log-odds: the sum over its columns of weight times distance from the mean.
    /// These are its SHAP values (Lundberg 2017, linear case, features taken as independent). The points of the rules
    /// are a sum over features, so each has its part of them too.
    pub fn explain(&self, matrix: &Matrix) -> Result<Explanation, Error> {
        let columns = self.encodings.len();
        self.check(matrix)?;
        // Contribution of a feature of which no column is set, which is the starting point of all its values.
        let rests: Vec<f64> = self
            .encodings
            .iter()
            .map(|encoding| -encoding.columns().map(|column| self.weights[column] * self.means[column]).sum::<f64>())
            .collect();
        let mut contributions = Vec::with_capacity(matrix.values.len());
        for row in 0..matrix.rows {
            for ((encoding, rest), value) in self.encodings.iter().zip(&rests).zip(matrix.row(row)) {
                let mut sum = *rest;
                let known = encoding.encode(*value, |column, value| sum += self.weights[column] * value);
                // Nothing was learned of such a value, so it speaks neither for nor against.
                contributions.push(if known { sum } else { 0.0 });
            }
        }
        if let Some(points) = &self.rules {
            let weight = self.weights[self.weights.len() - 1];
            let parts = points.parts(matrix)?;
            contributions.iter_mut().zip(parts).for_each(|(contribution, part)| *contribution += weight * part);
        }
        Ok(Explanation { base: self.base, columns, contributions })
    }

    /// Returns how unsure each row's log-odds are: their variance, given what the weights were learned from.
    pub(crate) fn variances(&self, matrix: &Matrix) -> Result<Vec<f64>, Error> {
        self.check(matrix)?;
        if self.covariance.is_empty() {
            return Ok(vec![0.0; matrix.rows]);
        }
        let mut set: Vec<(usize, f64)> = Vec::new();
        let variances = (0..matrix.rows).map(|row| {
            set.clear();
            for (encoding, value) in self.encodings.iter().zip(matrix.row(row)) {
                if !encoding.encode(*value, |column, value| set.push((column, value))) {
                    set.extend(encoding.columns().map(|column| (column, self.means[column])));
                }
            }
            if let Some(points) = &self.rules {
                set.push((self.weights.len() - 1, points.of_row(matrix.row(row))));
            }
            set.push((self.weights.len(), 1.0));
            self.variance(&set)
        });
        Ok(variances.collect())
    }

    fn variance(&self, set: &[(usize, f64)]) -> f64 {
        let mut sum = 0.0;
        for (index, (column, value)) in set.iter().enumerate() {
            let mut line = 0.0;
            for (other, other_value) in &set[..index] {
                let (low, high) = if other < column { (*other, *column) } else { (*column, *other) };
                line += other_value * f64::from(self.covariance[high * (high + 1) / 2 + low]);
            }
            let own = f64::from(self.covariance[column * (column + 1) / 2 + column]);
            sum += value * (2.0 * line + value * own);
        }
        sum.max(0.0)
    }

    fn check(&self, matrix: &Matrix) -> Result<(), Error> {
        let (found, expected) = (matrix.columns, self.encodings.len());
        if found == expected { Ok(()) } else { Err(Error::Columns { found, expected }) }
    }

    fn intercept(&self) -> f64 {
        self.base - self.weights.iter().zip(&self.means).map(|(weight, mean)| weight * mean).sum::<f64>()
    }

    /// Returns why the stored parts do not fit together, if they do not.
    pub(crate) fn problem(&self, features: usize) -> Option<String> {
        if self.encodings.len() != features {
            return Some(format!("a regression of {} features, expected {features}", self.encodings.len()));
        }
        if self.weights.len() != self.means.len() {
            return Some(format!("{} weights but {} means", self.weights.len(), self.means.len()));
        }
        let width = self.weights.len();
        let size = width + 1;
        if !self.covariance.is_empty() && self.covariance.len() != size * (size + 1) / 2 {
            return Some(format!("{} covariances of {size} weights", self.covariance.len()));
        }
        if let Some(points) = &self.rules {
            let problem = points.problem(features);
            if problem.is_some() || width == 0 {
                return problem.or_else(|| Some("rules without a weight".to_owned()));
            }
        }
        let beyond = self.encodings.iter().flat_map(Encoding::columns).find(|column| *column >= width);
        beyond.map(|column| format!("a feature uses column {column} of {width}"))
    }
}

/// Returns the mean of regressions of one design, each weighted by its evidence, with the covariance of the mixture.
fn mixed(fits: Vec<(f64, Logistic)>) -> Logistic {
    let most = fits.iter().map(|(evidence, _)| *evidence).fold(f64::NEG_INFINITY, f64::max);
    let parts: Vec<f64> = fits.iter().map(|(evidence, _)| (evidence - most).exp()).collect();
    let total: f64 = parts.iter().sum();
    let parts: Vec<f64> = parts.iter().map(|part| part / total).collect();
    let all = || parts.iter().zip(fits.iter().map(|(_, fit)| fit));
    let mean = |of: &dyn Fn(&Logistic) -> f64| all().map(|(part, fit)| part * of(fit)).sum::<f64>();
    let width = fits[0].1.weights.len();
    let weights: Vec<f64> = (0..width).map(|column| mean(&|fit| fit.weights[column])).collect();
    let at = |fit: &Logistic, place: usize| fit.weights.get(place).copied().unwrap_or_else(|| fit.intercept());
    let centers: Vec<f64> = (0..=width).map(|place| mean(&|fit| at(fit, place))).collect();
    let mut covariance = Vec::with_capacity(fits[0].1.covariance.len());
    for row in 0..=width {
        for column in 0..=row {
            let away = |fit: &Logistic, place: usize| at(fit, place) - centers[place];
            let index = covariance.len();
            let of = |fit: &Logistic| f64::from(fit.covariance[index]) + away(fit, row) * away(fit, column);
            covariance.push(mean(&of) as f32);
        }
    }
    let (base, strength) = (mean(&|fit| fit.base), mean(&|fit| fit.strength.ln()).exp());
    let (_, first) = fits.into_iter().next().expect("at least one strength is tried");
    Logistic { strength, base, weights, covariance, ..first }
}

/// What the fits of all strengths share.
struct Fitting<'a> {
    encodings: Vec<Encoding>,
    rules: Option<Points>,
    design: Design,
    means: Vec<f64>,
    directions: Vec<Monotone>,
    train: Samples<'a>,
}

impl<'a> Fitting<'a> {
    /// Prepares a fit on `train`; what values are like is learned from `seen`.
    fn new(
        features: &FeatureSet,
        train: Samples<'a>,
        seen: Samples,
        rules: Option<&Rules>,
    ) -> Result<Fitting<'a>, Error> {
        let (encodings, columns) = Encoding::learn(features, seen);
        let rules = rules.map(|rules| Points::learn(features, seen, rules)).transpose()?.flatten();
        let more = rules.as_ref().map(|points| points.column(train.matrix)).transpose()?;
        let design = Design::new(&encodings, train.matrix, more.as_deref());
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
                directions[*column] = feature.wording.monotone;
            }
        }
        // Points never speak against what the team meant by them.
        directions.resize(design.width, Monotone::Increasing);
        Ok(Fitting { encodings, rules, design, means, directions, train })
    }

    fn prior(&self, strength: f64) -> Prior {
        let mut prior = Prior::ridge(strength, self.directions.clone());
        if self.rules.is_some() {
            let column = self.design.width - 1;
            (prior.means[column], prior.precisions[column]) = (1.0, SLOPE_SPREAD.powi(-2));
        }
        prior
    }

    fn solve(&self, prior: &Prior, start: Option<&[f64]>) -> Solution {
        let Samples { labels, weights, .. } = self.train;
        newton::minimise(&self.design, labels, weights, prior, start)
    }

    /// Returns the regression of a solution; `is_final` if it is to be used, so that how sure it is counts.
    fn finish(&self, strength: f64, solution: &Solution, is_final: bool) -> Logistic {
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
