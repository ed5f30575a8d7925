//! Quantiles and histograms of sorted numbers.

use crate::outcome::{Bin, DistributionOf};

/// A histogram has at most so many bins.
const BINS_MAX: usize = 40;
const BINS_MIN: usize = 8;

/// Numbers farther than this many quartile distances from the quartiles are counted beside the histogram.
const FAR: f64 = 5.0;

/// Returns a quantile of sorted numbers by linear interpolation (type 7); `None` of none.
pub(super) fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = share * last as f64;
    let below = sorted[place.floor() as usize];
    let above = sorted[place.ceil() as usize];
    Some(below + (above - below) * place.fract())
}

/// Returns the present numbers, sorted.
pub(super) fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut sorted: Vec<f64> = values.filter(|value| !value.is_nan()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}

/// Returns the histogram of sorted numbers: bins by Freedman and Diaconis (1981), of whole width for whole numbers.
pub(super) fn histogram(sorted: &[f64]) -> DistributionOf {
    let (Some(min), Some(max)) = (sorted.first().copied(), sorted.last().copied()) else {
        return DistributionOf::default();
    };
    let (low, high) = Some(middle(sorted, min, max)).filter(|(low, high)| low < high).unwrap_or((min, max));
    let span = high - low;
    if span <= 0.0 || !span.is_finite() {
        let bin = Bin { low: min, high: max, rows: sorted.len() as u64 };
        return DistributionOf { bins: vec![bin], under: 0, over: 0 };
    }
    let whole = sorted.iter().all(|value| value.fract() == 0.0);
    let count = bins(sorted, span, whole);
    // Whole numbers stand in the middle of their bins.
    let (low, width) = if whole {
        let width = ((span + 1.0) / count as f64).ceil();
        (low - 0.5, width)
    } else {
        (low, span / count as f64)
    };
    let count = if whole { ((span + 1.0) / width).ceil() as usize } else { count };
    let edge = |bin: usize| low + width * bin as f64;
    let mut bins: Vec<Bin> = (0..count).map(|bin| Bin { low: edge(bin), high: edge(bin + 1), rows: 0 }).collect();
    let (mut under, mut over) = (0, 0);
    for value in sorted {
        let place = (value - low) / width;
        if *value < low {
            under += 1;
        } else if *value > high && place >= count as f64 {
            over += 1;
        } else {
            bins[(place as usize).min(count - 1)].rows += 1;
        }
    }
    DistributionOf { bins, under, over }
}

/// The range that a histogram shows: all of it, unless some values are so far away that nothing else could be seen.
fn middle(sorted: &[f64], min: f64, max: f64) -> (f64, f64) {
    let at = |share| quantile(sorted, share).unwrap_or(min);
    let (first, third) = (at(0.25), at(0.75));
    // Where half of the numbers are the same, the tails tell how wide the rest is.
    let distance = if third > first { third - first } else { (at(0.99) - at(0.01)) / FAR };
    if distance <= 0.0 {
        return (min, max);
    }
    let (low, high) = ((first - FAR * distance).max(min), (third + FAR * distance).min(max));
    let nearest_low = sorted.get(sorted.partition_point(|value| *value < low)).copied().unwrap_or(min);
    let below_high = sorted.partition_point(|value| *value <= high);
    let nearest_high = below_high.checked_sub(1).map_or(max, |place| sorted[place]);
    (nearest_low, nearest_high)
}

fn bins(sorted: &[f64], span: f64, whole: bool) -> usize {
    let distance = quantile(sorted, 0.75).zip(quantile(sorted, 0.25)).map_or(0.0, |(third, first)| third - first);
    let width = 2.0 * distance / (sorted.len() as f64).cbrt();
    let usual = if width > 0.0 { (span / width).ceil().min(BINS_MAX as f64) as usize } else { BINS_MAX / 2 };
    let most = if whole && span + 1.0 < BINS_MAX as f64 { span as usize + 1 } else { BINS_MAX };
    usual.clamp(BINS_MIN.min(most), most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_agree_with_numpy() {
        // numpy: `np.quantile([1, 2, 4, 8, 16], [0, .1, .25, .5, .9, 1])`.
        let values = [1.0, 2.0, 4.0, 8.0, 16.0];
        let found = [0.0, 0.1, 0.25, 0.5, 0.9, 1.0].map(|share| quantile(&values, share).unwrap_or_default());
        for (found, expected) in found.iter().zip([1.0, 1.4, 2.0, 4.0, 12.8, 16.0]) {
            assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
        }
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[track_caller]
    fn check(values: &[f64], expected: (usize, u64, u64)) {
        let found = histogram(&sorted(values.iter().copied()));
        let rows: u64 = found.bins.iter().map(|bin| bin.rows).sum::<u64>() + found.under + found.over;
        assert_eq!(rows, values.iter().filter(|value| !value.is_nan()).count() as u64, "no row is lost: {found:?}");
        assert_eq!((found.bins.len(), found.under, found.over), expected, "{found:?}");
    }

    #[test]
    fn every_row_is_in_the_histogram_or_beside_it() {
        check(&[], (0, 0, 0));
        check(&[f64::NAN, 5.0, 5.0], (1, 0, 0));
        check(&[1.0, 2.0, 2.0, 3.0], (3, 0, 0));
        let mut far: Vec<f64> = (0..100).map(|step| f64::from(step) / 7.0).collect();
        far.push(1e9);
        check(&far, (8, 0, 1));
        far.push(-1e9);
        check(&far, (8, 1, 1));
        check(&[f64::MIN, 0.0, f64::MAX], (1, 0, 0));
        check(&[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.5], (20, 0, 0));
    }
}
