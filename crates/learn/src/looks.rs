//! Tests that are looked at several times.
//!
//! Whoever compares anew each week, and each time with several challengers, finds a better one by chance sooner or later. So
//! the chance of a mistake is a budget that all looks share: look `k` may spend `risk · 6 / (π² k²)` of it, which over all
//! looks that there will ever be is `risk`, and several challengers share what their look may spend. No independence is
//! needed: it is Bonferroni's inequality. Spending by looks is that of Lan and DeMets (Discrete sequential boundaries for
//! clinical trials, Biometrika 70, 1983), of which this is the schedule without an end.

use std::f64::consts::PI;

use crate::chance::{at_most, normal_quantile_above};
use crate::error::Error;

/// Returns the part of a budget of chance that a look may spend, of which the first is 1.
pub fn chance_of_look(risk: f64, look: usize) -> f64 {
    let look = look.max(1) as f64;
    risk * 6.0 / (PI * PI * look * look)
}

/// Returns by how many standard errors the best of some challengers has to be better at a look, so that over all looks one
/// that is no better passes with a chance of at most `risk`.
pub fn errors_needed(risk: f64, look: usize, challengers: usize) -> Result<f64, Error> {
    if !(risk > 0.0 && risk < 1.0) {
        return Err(Error::Parameter { name: "risk", found: risk.to_string(), expected: "a chance between 0 and 1" });
    }
    Ok(normal_quantile_above(chance_of_look(risk, look) / challengers.max(1) as f64))
}

/// Returns how many standard errors the mean of some values is over zero, without what their skewness alone would make of
/// it: Hall's transformation (On the removal of skewness by transformation, Journal of the Royal Statistical Society B 54,
/// 1992), `√n (u + g u² / 3 + g² u³ / 27) + g / (6 √n)`, where `u` is the mean in standard deviations and `g` the skewness. 0
/// where all values are the same.
///
/// Differences of log losses are skewed, and few looks are at many leads: without it twice as many passed by chance.
pub fn errors_of_mean(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let moment = |power| values.iter().map(|value| (value - mean).powi(power)).sum::<f64>();
    let variance = moment(2) / (count - 1.0);
    // Also if there is one value or none.
    if variance.is_nan() || variance <= 0.0 {
        return 0.0;
    }
    let (u, g) = (mean / variance.sqrt(), moment(3) / count / variance.powf(1.5));
    count.sqrt() * (u + g * u.powi(2) / 3.0 + g.powi(2) * u.powi(3) / 27.0) + g / (6.0 * count.sqrt())
}

/// How often something happened among so many cases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Frequency {
    /// How often.
    pub happened: usize,
    /// Of how many.
    pub cases: usize,
}

/// Returns the chance that so many happen now if it is no likelier now than before: of all that happened, those of now are
/// binomial. 1 where one side has no cases.
pub fn chance_of_rise(before: Frequency, now: Frequency) -> f64 {
    let all = before.happened + now.happened;
    if before.cases == 0 || now.cases == 0 || all == 0 {
        return 1.0;
    }
    let rate_before = before.cases as f64 / (before.cases + now.cases) as f64;
    at_most(before.happened, all, rate_before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_share_one_budget() {
        let spent: f64 = (1..200_000).map(|look| chance_of_look(0.05, look)).sum();
        assert!(spent < 0.05 && spent > 0.049_99, "{spent}");
    }

    #[test]
    fn later_looks_and_more_challengers_need_more() {
        let needed = |look, challengers| errors_needed(0.05, look, challengers).expect("a chance");
        // The quantiles of 0.030396 and of half of it.
        assert!((needed(1, 1) - 1.875).abs() < 1e-3 && (needed(1, 2) - 2.165).abs() < 2e-3, "{}", needed(1, 2));
        assert!(needed(2, 1) > needed(1, 1) && needed(9, 3) > needed(9, 2));
        assert!(needed(520, 3) < 5.7, "ten years of weeks");
        for risk in [0.0, 1.0, -1.0, f64::NAN] {
            errors_needed(risk, 1, 1).expect_err("no chance");
        }
    }

    #[test]
    fn skewness_alone_is_no_gain() {
        // Without skewness it is the usual number: a mean of 1 and a standard deviation of 2 / √3 over 4 values.
        assert!((errors_of_mean(&[0.0, 2.0, 0.0, 2.0]) - 3.0_f64.sqrt()).abs() < 1e-12);
        assert!(errors_of_mean(&[1.0, 1.0, 1.0, -3.0]).abs() < 0.2, "a mean of zero, however skewed");
        let skewed = |sign: f64| errors_of_mean(&[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0 + sign * 4.0]);
        assert!(skewed(-1.0) < skewed(1.0));
        assert_eq!([errors_of_mean(&[]), errors_of_mean(&[3.0]), errors_of_mean(&[2.0, 2.0])], [0.0; 3]);
    }

    #[test]
    fn a_rise_is_judged_by_how_many_cases_there_were() {
        let of = |happened, cases| Frequency { happened, cases };
        assert!(chance_of_rise(of(10, 1000), of(11, 1000)) > 0.4);
        assert!(chance_of_rise(of(10, 1000), of(60, 1000)) < 1e-8);
        assert!(chance_of_rise(of(10, 1000), of(11, 100)) < 1e-6, "the same number of a tenth of the cases");
        assert!(chance_of_rise(of(60, 1000), of(10, 1000)) == 1.0, "a fall is no rise");
        // By hand: both of two happened now, of as many cases each: 1/4.
        assert!((chance_of_rise(of(0, 50), of(2, 50)) - 0.25).abs() < 1e-12);
        assert!(
            [(of(0, 0), of(9, 9)), (of(3, 9), of(0, 0)), (of(0, 9), of(0, 9))]
                .into_iter()
                .all(|(before, now)| chance_of_rise(before, now) == 1.0)
        );
    }
}
