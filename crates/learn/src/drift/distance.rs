//! Distances between two histograms, and what chance makes of them.

use plumb_lead::Verdict;

/// The customary borders of PSI, here after the part that chance explains.
const PSI_MOVED: f64 = 0.1;
const PSI_DRIFTED: f64 = 0.25;

/// The normal quantile of one in 10,000.
const NORMAL_QUANTILE: f64 = 3.719;

/// Without drift, PSI over `1/n + 1/m` is about chi-squared with a degree of freedom less than there are bins.
pub(super) fn verdict(psi: f64, bins: usize, noise: f64) -> Verdict {
    let freedom = bins.saturating_sub(1) as f64;
    if freedom == 0.0 || psi <= noise * chi_squared_quantile(freedom) {
        return Verdict::Stable;
    }
    let beyond_chance = psi - noise * freedom;
    if beyond_chance > PSI_DRIFTED {
        Verdict::Drifted
    } else if beyond_chance > PSI_MOVED {
        Verdict::Moved
    } else {
        Verdict::Stable
    }
}

/// What chance exceeds once in 10,000, by Wilson and Hilferty's cube: at most 8 % over the exact value.
fn chi_squared_quantile(freedom: f64) -> f64 {
    let spread = 2.0 / (9.0 * freedom);
    freedom * (1.0 - spread + NORMAL_QUANTILE * spread.sqrt()).powi(3)
}

/// The population stability index. Half a row is added to each bin that either side uses: an empty bin would make it
/// infinite.
pub(super) fn psi(before: &[usize], now: &[usize]) -> f64 {
    let used: Vec<(f64, f64)> = before
        .iter()
        .zip(now)
        .filter(|(before, now)| **before + **now > 0)
        .map(|(before, now)| (*before as f64 + 0.5, *now as f64 + 0.5))
        .collect();
    let (all_before, all_now) = used.iter().fold((0.0, 0.0), |sums, pair| (sums.0 + pair.0, sums.1 + pair.1));
    used.iter()
        .map(|(before, now)| (before / all_before, now / all_now))
        .map(|(before, now)| (now - before) * (now / before).ln())
        .sum()
}

/// The Jensen–Shannon distance to base 2; 0 where a side has no rows.
pub(super) fn jensen_shannon(before: &[usize], now: &[usize]) -> f64 {
    let (all_before, all_now) = (before.iter().sum::<usize>(), now.iter().sum::<usize>());
    if all_before == 0 || all_now == 0 {
        return 0.0;
    }
    let part = |share: f64, middle: f64| if share == 0.0 { 0.0 } else { share * (share / middle).log2() };
    let divergence: f64 = before
        .iter()
        .zip(now)
        .map(|(before, now)| (*before as f64 / all_before as f64, *now as f64 / all_now as f64))
        .map(|(before, now)| (before, now, (before + now) / 2.0))
        .map(|(before, now, middle)| (part(before, middle) + part(now, middle)) / 2.0)
        .sum();
    divergence.max(0.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_agree_with_scipy() {
        // scipy 1.17.1: `jensenshannon([.5, .3, .2], [.2, .3, .5], base=2)`.
        assert!((jensen_shannon(&[50, 30, 20], &[20, 30, 50]) - 0.3095409536771482).abs() < 1e-12);
        assert_eq!(jensen_shannon(&[5, 0], &[0, 7]), 1.0);
        // By hand: 2 * 0.3 * ln(0.5 / 0.2) = 0.5498; the half rows shrink it a little.
        assert!((psi(&[50_000, 30_000, 20_000], &[20_000, 30_000, 50_000]) - 0.5498).abs() < 1e-3);
        // scipy 1.17.1: `chi2.ppf(1 - 1e-4, k)`.
        for (freedom, exact) in [(1.0, 15.1367), (2.0, 18.4207), (5.0, 25.7448), (10.0, 35.5640), (20.0, 52.3860)] {
            let found = chi_squared_quantile(freedom);
            assert!((1.0..1.08).contains(&(found / exact)), "{freedom}: {found} is not {exact}");
        }
    }
}
