//! How likely counts are by chance: binomial tails and the normal distribution.

use std::f64::consts::PI;

/// Returns the chance of at most `successes` in `trials` of the chance `rate` each: exact, but for terms under 1e-18 of the
/// largest.
pub(crate) fn at_most(successes: usize, trials: usize, rate: f64) -> f64 {
    if successes >= trials || rate <= 0.0 {
        return 1.0;
    }
    if rate >= 1.0 || successes as f64 >= rate * trials as f64 {
        // At or over the mean it is no evidence, whatever it is exactly.
        return if rate >= 1.0 { 0.0 } else { 1.0 };
    }
    let (n, k) = (trials as f64, successes as f64);
    let ln_choose = ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k);
    let largest = (ln_choose + k * rate.ln() + (n - k) * (1.0 - rate).ln()).exp();
    let (mut term, mut sum) = (1.0, 1.0);
    for below in (0..successes).rev() {
        // The term of `below` from that of the number over it.
        term *= (below as f64 + 1.0) * (1.0 - rate) / ((n - below as f64) * rate);
        sum += term;
        if term < 1e-18 {
            break;
        }
    }
    (largest * sum).min(1.0)
}

/// Returns the natural logarithm of a factorial: Stirling's series to the fourth term, for small numbers the product.
fn ln_factorial(number: f64) -> f64 {
    if number < 10.0 {
        return (2..=number as u32).map(|factor| f64::from(factor).ln()).sum();
    }
    let inverse = 1.0 / number;
    let series = inverse / 12.0 - inverse.powi(3) / 360.0 + inverse.powi(5) / 1260.0;
    number * number.ln() - number + 0.5 * (2.0 * PI * number).ln() + series
}

/// Returns the chance that a standard normal number is over `value`: Abramowitz and Stegun 7.1.26 scaled to small tails by
/// the continued fraction of Laplace.
pub(crate) fn normal_above(value: f64) -> f64 {
    if value < 0.0 {
        return 1.0 - normal_above(-value);
    }
    let density = (-value * value / 2.0).exp() / (2.0 * PI).sqrt();
    if value < 2.5 {
        // The series of the distribution function, which converges fast here.
        let (mut term, mut sum) = (value, value);
        for index in 1..80 {
            term *= value * value / f64::from(2 * index + 1);
            sum += term;
        }
        return 0.5 - density * sum;
    }
    let mut fraction = value;
    for index in (1..=60).rev() {
        fraction = value + f64::from(index) / fraction;
    }
    density / fraction
}

/// Returns the number that a standard normal one is over with this chance, by bisection.
pub(crate) fn normal_quantile_above(chance: f64) -> f64 {
    let (mut low, mut high) = (-9.0, 9.0);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if normal_above(middle) > chance { low = middle } else { high = middle }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-6 * expected.abs().max(1e-12), "{found} is not {expected}");
    }

    #[test]
    fn binomial_tails_are_those_of_a_table() {
        check(at_most(0, 20, 0.5), 0.5_f64.powi(20));
        check(at_most(1, 10, 0.3), 0.149_308_345_9);
        check(at_most(2, 12, 0.4), 0.083_443_319_1);
        check(at_most(0, 300, 0.04), 0.96_f64.powi(300));
        assert!(at_most(30, 40, 0.5) == 1.0, "over the mean it is no evidence");
    }

    #[test]
    fn normal_tails_are_those_of_a_table() {
        for (value, expected) in
            [(0.0, 0.5), (1.0, 0.158_655_253_9), (1.959_963_985, 0.025), (3.0, 0.001_349_898), (-1.0, 0.841_344_746_1)]
        {
            check(normal_above(value), expected);
        }
        assert!((normal_quantile_above(0.025) - 1.959_963_985).abs() < 1e-6);
    }
}
