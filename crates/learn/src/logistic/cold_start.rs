//! A logistic regression of few labels: a mixture over L2 strengths instead of a choice.

use plumb_lead::FeatureSet;

use super::fit::LogisticFit;
use super::regression::Logistic;
use crate::assumptions::{ASSUMED_SPREAD, assumed_log_odds};
use crate::error::Error;
use crate::rules::Rules;
use crate::samples::Samples;

/// The strengths of the mixture: an effect of a standard deviation is between 0.2 and 2 in log-odds.
const STRENGTHS: [f64; 5] = [30.0, 10.0, 3.0, 1.0, 0.3];

impl Logistic {
    /// Returns the regression of labels that are too few to choose anything on. Each L2 strength is weighted by its
    /// evidence, how likely it made the labels (MacKay 1992), so that the regression is no surer of the strength than the
    /// labels allow; the intercept has a prior around an assumed share of good leads. `population` are leads with and
    /// without a label, from which the encodings are learned.
    pub(crate) fn fit_cold_start(
        features: &FeatureSet,
        labelled: Samples,
        population: Samples,
        rules: Option<&Rules>,
    ) -> Result<Logistic, Error> {
        let fit = LogisticFit::new(features, labelled, population, rules)?;
        let mut fits: Vec<(f64, Logistic)> = Vec::new();
        let mut weights = None;
        for strength in STRENGTHS {
            let mut prior = fit.prior(strength);
            let intercept = prior.means.len() - 1;
            prior.means[intercept] = assumed_log_odds();
            prior.precisions[intercept] = ASSUMED_SPREAD.powi(-2);
            let solution = fit.solve(&prior, weights.as_deref());
            fits.push((solution.log_evidence(&prior), fit.finish(strength, &solution, true)));
            weights = Some(solution.weights);
        }
        Ok(mixture(fits))
    }
}

/// Returns the mean of regressions of one design, weighted by their evidence, with the covariance of the mixture.
fn mixture(fits: Vec<(f64, Logistic)>) -> Logistic {
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
            let deviation = |fit: &Logistic, place: usize| at(fit, place) - centers[place];
            let index = covariance.len();
            let of = |fit: &Logistic| f64::from(fit.covariance[index]) + deviation(fit, row) * deviation(fit, column);
            covariance.push(mean(&of) as f32);
        }
    }
    let (base, strength) = (mean(&|fit| fit.base), mean(&|fit| fit.strength.ln()).exp());
    let (_, first) = fits.into_iter().next().expect("at least one strength is tried");
    Logistic { strength, base, weights, covariance, ..first }
}
