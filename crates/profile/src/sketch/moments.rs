//! Mean, spread, skew and kurtosis of any number of numbers in one pass, block by block.
//!
//! Sums of powers of deviations are formed within a block around its own mean, and blocks are joined by the formulas of
//! P. Pébay, "Formulas for robust, one-pass parallel computation of covariances and arbitrary-order statistical moments"
//! (2008): nothing is lost where numbers are large and their spread is small.

/// Sums of powers of deviations from the mean.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Moments {
    count: f64,
    mean: f64,
    second: f64,
    third: f64,
    fourth: f64,
}

impl Moments {
    /// Returns the moments of some numbers; NaN is passed over.
    pub(crate) fn of(values: &[f64]) -> Moments {
        let present = || values.iter().copied().filter(|value| !value.is_nan());
        let (count, sum) = present().fold((0.0, 0.0), |(count, sum), value| (count + 1.0, sum + value));
        if count == 0.0 {
            return Moments::default();
        }
        let mean = sum / count;
        let mut moments = Moments { count, mean, ..Moments::default() };
        for deviation in present().map(|value| value - mean) {
            let square = deviation * deviation;
            moments.second += square;
            moments.third += square * deviation;
            moments.fourth += square * square;
        }
        moments
    }

    /// Adds the moments of other numbers.
    pub(crate) fn join(&mut self, other: Moments) {
        if other.count == 0.0 {
            return;
        }
        if self.count == 0.0 {
            *self = other;
            return;
        }
        let (left, right) = (self.count, other.count);
        let count = left + right;
        let delta = other.mean - self.mean;
        let part = delta / count;
        self.fourth += other.fourth
            + delta * part.powi(3) * left * right * (left * left - left * right + right * right)
            + 6.0 * part * part * (left * left * other.second + right * right * self.second)
            + 4.0 * part * (left * other.third - right * self.third);
        self.third += other.third
            + delta * part * part * left * right * (left - right)
            + 3.0 * part * (left * other.second - right * self.second);
        self.second += other.second + delta * part * left * right;
        self.mean += part * right;
        self.count = count;
    }

    /// Returns how many numbers there were.
    pub(crate) fn count(&self) -> u64 {
        self.count as u64
    }

    /// Returns their mean; `None` of none.
    pub(crate) fn mean(&self) -> Option<f64> {
        finite(self.mean).filter(|_| self.count > 0.0)
    }

    /// Returns the standard deviation of a sample (divided by n - 1).
    pub(crate) fn deviation(&self) -> Option<f64> {
        finite((self.second / (self.count - 1.0)).sqrt()).filter(|_| self.count > 1.0)
    }

    /// Returns the skewness g1, as `scipy.stats.skew`.
    pub(crate) fn skew(&self) -> Option<f64> {
        self.varies().and_then(|()| finite(self.count.sqrt() * self.third / self.second.powf(1.5)))
    }

    /// Returns the excess kurtosis g2, which is 0 for a normal distribution, as `scipy.stats.kurtosis`.
    pub(crate) fn kurtosis(&self) -> Option<f64> {
        self.varies().and_then(|()| finite(self.count * self.fourth / (self.second * self.second) - 3.0))
    }

    /// Where all numbers are equal but for rounding, skew and kurtosis would be noise.
    fn varies(&self) -> Option<()> {
        let noise = (f64::EPSILON * self.mean).powi(2) * self.count;
        (self.count > 2.0 && self.second > noise).then_some(())
    }
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(values: &[f64], parts: usize, expected: [f64; 4]) {
        let mut moments = Moments::default();
        values.chunks(parts).for_each(|part| moments.join(Moments::of(part)));
        let found =
            [moments.mean(), moments.deviation(), moments.skew(), moments.kurtosis()].map(Option::unwrap_or_default);
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1e-3), "{found} is not {expected}");
        }
    }

    #[test]
    fn moments_agree_with_scipy_however_the_numbers_are_parted() {
        // scipy 1.18.1: `v.mean()`, `v.std(ddof=1)`, `skew(v)`, `kurtosis(v)` of `[(s * s) % 37 + 1e6 for s in range(1, 51)]`.
        let values: Vec<f64> = (1..=50).map(|step| f64::from(step * step % 37) + 1e6).collect();
        for parts in [1, 3, 7, 50] {
            check(&values, parts, [1000017.86, 11.517528788232097, 0.05674060998271542, -1.3940649596435772]);
        }
    }

    #[test]
    fn of_equal_numbers_there_is_no_skew() {
        let moments = Moments::of(&[0.1; 10]);
        assert_eq!((moments.skew(), moments.kurtosis()), (None, None));
        assert_eq!(Moments::of(&[f64::NAN]).mean(), None);
    }
}
