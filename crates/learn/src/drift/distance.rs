//! Distances between two histograms.

/// The population stability index. Half a row is added to each bin that either side uses: an empty bin would make it
/// infinite.
pub(super) fn psi(before: &[u32], now: &[u32]) -> f64 {
    let used: Vec<(f64, f64)> = before
        .iter()
        .zip(now)
        .filter(|(before, now)| **before > 0 || **now > 0)
        .map(|(before, now)| (f64::from(*before) + 0.5, f64::from(*now) + 0.5))
        .collect();
    let (all_before, all_now) = used.iter().fold((0.0, 0.0), |sums, pair| (sums.0 + pair.0, sums.1 + pair.1));
    used.iter()
        .map(|(before, now)| (before / all_before, now / all_now))
        .map(|(before, now)| (now - before) * (now / before).ln())
        .sum()
}

/// The rows of all bins.
pub(super) fn total(counts: &[u32]) -> f64 {
    counts.iter().map(|rows| f64::from(*rows)).sum()
}

/// Twice the log-likelihood ratio of two histograms against one of both together (the G statistic), and its degrees of freedom.
/// Without a difference it is about chi-squared, and its tail stays true for small counts where Pearson's does not. Bins in which
/// the smaller side expects less than a row are counted together.
pub(super) fn g_statistic(before: &[u32], now: &[u32]) -> (f64, f64) {
    let (all_before, all_now) = (total(before), total(now));
    let all = all_before + all_now;
    if all_before == 0.0 || all_now == 0.0 {
        return (0.0, 0.0);
    }
    let smaller = all_before.min(all_now) / all;
    let (mut bins, mut rare) = (Vec::new(), (0.0, 0.0));
    for (before, now) in before.iter().zip(now).map(|(before, now)| (f64::from(*before), f64::from(*now))) {
        match (before + now) * smaller {
            expected if expected >= 1.0 => bins.push((before, now)),
            _ => rare = (rare.0 + before, rare.1 + now),
        }
    }
    if rare.0 + rare.1 > 0.0 {
        bins.push(rare);
    }
    let part =
        |rows: f64, side: f64, both: f64| if rows > 0.0 { rows * (rows * all / (side * both)).ln() } else { 0.0 };
    let g: f64 = bins
        .iter()
        .map(|(before, now)| part(*before, all_before, before + now) + part(*now, all_now, before + now))
        .sum();
    ((2.0 * g).max(0.0), bins.len().saturating_sub(1) as f64)
}

/// The Jensen–Shannon distance to base 2; 0 where a side has no rows.
pub(super) fn jensen_shannon(before: &[u32], now: &[u32]) -> f64 {
    let (all_before, all_now) = (total(before), total(now));
    if all_before == 0.0 || all_now == 0.0 {
        return 0.0;
    }
    let part = |share: f64, middle: f64| if share == 0.0 { 0.0 } else { share * (share / middle).log2() };
    let divergence: f64 = before
        .iter()
        .zip(now)
        .map(|(before, now)| (f64::from(*before) / all_before, f64::from(*now) / all_now))
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
        // scipy 1.17.1: `chi2_contingency([[20, 30], [35, 15]], correction=False, lambda_="log-likelihood")`.
        let (g, freedom) = g_statistic(&[20, 30], &[35, 15]);
        assert!((g - 9.2405).abs() < 1e-3 && freedom == 1.0, "{g} {freedom}");
    }
}
