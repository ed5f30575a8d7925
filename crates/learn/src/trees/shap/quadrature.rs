//! Integrals of polynomials from 0 to 1, which is what Shapley values of a tree are.
//!
//! A feature's Shapley value in the game of one leaf is the integral over t of what the feature adds when every other one
//! is known with probability t (Owen 1972). For a tree that is a polynomial in t, of a degree one less than the number of
//! features on the path to the leaf, so Gauss-Legendre quadrature with half as many points is exact. It is the algebra of
//! Linear TreeSHAP (Yu 2022), evaluated at points where nothing is lost in rounding.

/// Points and weights of Gauss-Legendre quadrature on 0 to 1.
#[derive(Clone, Debug, PartialEq)]
struct Rule {
    points: Vec<f64>,
    weights: Vec<f64>,
}

/// Points and weights, of a number that the compiler knows.
#[derive(Clone, Copy, Debug)]
pub(super) struct QuadraturePoints<const Q: usize> {
    /// The probability t that a feature is known.
    pub(super) known: [f64; Q],
    /// The probability that it is not.
    pub(super) unknown: [f64; Q],
    pub(super) weights: [f64; Q],
}

impl<const Q: usize> QuadraturePoints<Q> {
    /// Returns the rule of Q points: it is exact for paths of up to twice as many features.
    pub(super) fn new() -> QuadraturePoints<Q> {
        let rule = Rule::for_features(2 * Q);
        let known = std::array::from_fn(|at| rule.points[at]);
        QuadraturePoints { known, unknown: known.map(|t| 1.0 - t), weights: std::array::from_fn(|at| rule.weights[at]) }
    }
}

impl Rule {
    /// Returns the rule that is exact for paths of up to so many features.
    fn for_features(features: usize) -> Rule {
        let count = features.div_ceil(2).max(1);
        let (mut points, mut weights) = (Vec::with_capacity(count), Vec::with_capacity(count));
        for index in 0..count {
            // The usual first guess of a root of the Legendre polynomial; Newton's method does the rest.
            let mut root = (std::f64::consts::PI * (index as f64 + 0.75) / (count as f64 + 0.5)).cos();
            let mut slope = 1.0;
            for _ in 0..20 {
                let (value, slope_here) = legendre(count, root);
                root -= value / slope_here;
                slope = slope_here;
            }
            points.push(0.5 * (1.0 - root));
            weights.push(1.0 / ((1.0 - root * root) * slope * slope));
        }
        Rule { points, weights }
    }
}

/// Returns the Legendre polynomial of a degree from 1, and its derivative.
fn legendre(degree: usize, x: f64) -> (f64, f64) {
    let (mut before, mut value) = (1.0, x);
    for n in 2..=degree {
        let n = n as f64;
        (before, value) = (value, ((2.0 * n - 1.0) * x * value - (n - 1.0) * before) / n);
    }
    let degree = degree as f64;
    (value, degree * (x * value - before) / (x * x - 1.0))
}

#[cfg(test)]
mod tests {
    use super::Rule;

    #[test]
    fn polynomials_are_integrated_exactly() {
        for features in 1..=32 {
            let rule = Rule::for_features(features);
            for degree in 0..features as i32 {
                let sum: f64 = rule.points.iter().zip(&rule.weights).map(|(t, weight)| weight * t.powi(degree)).sum();
                let exact = 1.0 / f64::from(degree + 1);
                assert!((sum - exact).abs() < 1e-14, "{features} features, degree {degree}: {sum}, not {exact}");
            }
        }
    }
}
