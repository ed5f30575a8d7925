//! The distributions that the laws are made of.

/// Returns the probability of these log-odds.
pub(super) fn logistic(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

/// The Poisson distribution, cut off and scaled to 1.
pub(super) fn poisson<const N: usize>(rate: f64) -> [f64; N] {
    let mut shares = [0.0; N];
    let mut term = 1.0;
    for (count, share) in shares.iter_mut().enumerate() {
        if count > 0 {
            term *= rate / count as f64;
        }
        *share = term;
    }
    let total: f64 = shares.iter().sum();
    shares.map(|share| share / total)
}

/// The gamma density at the middle of each day, from `first` to `last`, scaled to 1.
pub(super) fn gamma(shape: f64, scale: f64, first: usize, last: usize) -> Vec<f64> {
    let density = |day: usize| {
        let day = day as f64 + 0.5;
        day.powf(shape - 1.0) * (-day / scale).exp()
    };
    let mut shares: Vec<f64> = (0..=last).map(|day| if day < first { 0.0 } else { density(day) }).collect();
    let total: f64 = shares.iter().sum();
    shares.iter_mut().for_each(|share| *share /= total);
    shares
}

/// The distribution of the sum of two waits.
pub(super) fn convolve(left: &[f64], right: &[f64]) -> Vec<f64> {
    let mut sum = vec![0.0; left.len() + right.len() - 1];
    for (left_days, left_share) in left.iter().enumerate() {
        for (right_days, right_share) in right.iter().enumerate() {
            sum[left_days + right_days] += left_share * right_share;
        }
    }
    sum
}
