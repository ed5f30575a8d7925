//! The range of a column's values, and values that often stand for missing in it.

/// Numbers that are often put where a value is missing.
const NUMBERS: &[f64] = &[-1.0, -9.0, -99.0, -999.0, -9_999.0, -99_999.0, 999.0, 9_999.0, 99_999.0, 999_999.0];
/// The first days of 1 and 1900, of 1970, the last of 2099 and 9999, in microseconds.
const MOMENTS: &[f64] = &[-62_135_596_800e6, -2_208_988_800e6, 0.0, 4_102_358_400e6, 253_402_214_400e6];

/// The least and greatest values, apart from those that may stand for missing.
#[derive(Clone, Debug)]
pub(crate) struct Range {
    sentinels: &'static [f64],
    counts: [u64; 10],
    pub(crate) least: f64,
    pub(crate) greatest: f64,
    /// Values that are within the range, sentinels not among them.
    pub(crate) count: u64,
}

impl Range {
    pub(crate) fn numbers() -> Range {
        Range::of(NUMBERS)
    }

    pub(crate) fn moments() -> Range {
        Range::of(MOMENTS)
    }

    pub(crate) fn see(&mut self, value: f64, count: u64) {
        if let Some(place) = self.sentinels.iter().position(|sentinel| *sentinel == value) {
            self.counts[place] += count;
            return;
        }
        self.count += count;
        self.least = self.least.min(value);
        self.greatest = self.greatest.max(value);
    }

    /// Returns how many values there are.
    pub(crate) fn total(&self) -> u64 {
        self.count + self.counts.iter().sum::<u64>()
    }

    /// Returns the least and greatest of all values; `None` if there are none.
    pub(crate) fn whole(&self) -> Option<(f64, f64)> {
        let all = self
            .present()
            .map(|(value, _)| value)
            .chain((self.count > 0).then_some([self.least, self.greatest]).into_iter().flatten());
        all.fold(None, |range, value| match range {
            None => Some((value, value)),
            Some((least, greatest)) => Some((f64::min(least, value), f64::max(greatest, value))),
        })
    }

    /// Returns the values that look as if they stood for missing, with their counts: far from all others.
    pub(crate) fn sentinels(&self) -> Vec<(f64, u64)> {
        if self.count == 0 {
            return Vec::new();
        }
        let width = (self.greatest - self.least).max(1.0);
        let is_far = |value: f64| match value {
            // Below zero where nothing else is.
            _ if value < 0.0 && self.sentinels.len() == NUMBERS.len() => self.least >= 0.0,
            _ => value > self.greatest + 2.0 * width || value < self.least - 2.0 * width,
        };
        self.present().filter(|(value, count)| *count > 1 && is_far(*value)).collect()
    }

    fn present(&self) -> impl Iterator<Item = (f64, u64)> {
        self.sentinels.iter().copied().zip(self.counts).filter(|(_, count)| *count > 0)
    }

    fn of(sentinels: &'static [f64]) -> Range {
        Range { sentinels, counts: [0; 10], least: f64::INFINITY, greatest: f64::NEG_INFINITY, count: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(values: &[f64], expected: &[(f64, u64)]) {
        let mut range = Range::numbers();
        values.iter().for_each(|value| range.see(*value, 1));
        assert_eq!(range.sentinels(), expected, "{values:?}");
    }

    #[test]
    fn values_far_from_all_others_are_noticed() {
        check(&[1.0, 5.0, 30.0, -999.0, -999.0], &[(-999.0, 2)]);
        check(&[20.0, 60.0, 9_999.0, 9_999.0], &[(9_999.0, 2)]);
    }

    #[test]
    fn values_among_others_are_not() {
        check(&[900.0, 999.0, 999.0, 1_100.0], &[]);
        check(&[-5.0, -1.0, -1.0, 4.0], &[]);
    }
}
