//! Shares with their intervals.

use crate::outcome::Interval;

/// The normal quantile of 97.5 %.
pub(super) const NORMAL: f64 = 1.959_963_984_540_054;

/// Returns the 95 % interval of a share of `part` in `all` (E. B. Wilson, 1927, without correction for continuity).
pub(super) fn wilson(part: u64, all: u64) -> Interval {
    if all == 0 {
        return Interval { low: 0.0, high: 1.0 };
    }
    let all = all as f64;
    let share = part as f64 / all;
    let square = NORMAL * NORMAL;
    let middle = share + square / (2.0 * all);
    let width = NORMAL * (share * (1.0 - share) / all + square / (4.0 * all * all)).sqrt();
    let scale = 1.0 + square / all;
    Interval { low: ((middle - width) / scale).max(0.0), high: ((middle + width) / scale).min(1.0) }
}

/// Returns a part of a whole; 0 of nothing.
pub(super) fn share(part: u64, all: u64) -> f64 {
    if all == 0 { 0.0 } else { part as f64 / all as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(part: u64, all: u64, low: f64, high: f64) {
        let found = wilson(part, all);
        assert!((found.low - low).abs() < 1e-12 && (found.high - high).abs() < 1e-12, "{found:?}");
    }

    #[test]
    fn intervals_agree_with_scipy() {
        // scipy 1.18.1: `binomtest(part, all).proportion_ci(0.95, "wilson")`.
        check(0, 10, 0.0, 0.27753279986288926);
        check(1, 10, 0.017876213095072896, 0.4041500267952385);
        check(5, 10, 0.236593090512564, 0.7634069094874361);
        check(37, 1000, 0.026961180875554734, 0.05058239748206931);
        check(1000, 1000, 0.9961732415144449, 1.0);
        check(0, 0, 0.0, 1.0);
    }
}
