//! The values of a column, as a sample of bounded size: how many there are, whether any comes twice, and how many of
//! them another column has too.

use std::collections::HashMap;

/// Values kept of a column. Beyond them, a share of the values is kept with all of their occurrences.
const VALUES_MAX: usize = 50_000;

/// A sample of a column's values by their hashes: either all rows of a value are counted or none.
#[derive(Clone, Debug, Default)]
pub(crate) struct ValueSample {
    /// Rows of each value in the sample.
    counts: HashMap<u64, u32>,
    /// A value is in the sample if so many of its hash's last bits are zero.
    level: u32,
}

impl ValueSample {
    /// Counts a value; it is compared trimmed and without regard to case.
    pub(crate) fn add(&mut self, text: &str) {
        let hash = hash(text);
        if hash.trailing_zeros() < self.level {
            return;
        }
        *self.counts.entry(hash).or_default() += 1;
        while self.counts.len() > VALUES_MAX {
            self.level += 1;
            let level = self.level;
            self.counts.retain(|hash, _| hash.trailing_zeros() >= level);
        }
    }

    /// Returns about how many values there are: exactly, up to 50,000.
    pub(crate) fn distinct(&self) -> u64 {
        (self.counts.len() as u64) << self.level
    }

    /// Returns whether no value of the sample comes twice.
    pub(crate) fn is_unique(&self) -> bool {
        self.counts.values().all(|count| *count == 1)
    }

    /// Returns the share of this column's values that another column has too, of those that both samples could hold;
    /// `None` if there is none to compare.
    pub(crate) fn share_in(&self, other: &ValueSample) -> Option<f64> {
        let level = self.level.max(other.level);
        let mine = self.counts.keys().filter(|hash| hash.trailing_zeros() >= level);
        let (mut all, mut found) = (0_u64, 0_u64);
        for hash in mine {
            all += 1;
            found += u64::from(other.counts.contains_key(hash));
        }
        (all > 0).then(|| found as f64 / all as f64)
    }
}

/// FNV-1a with a finish that spreads the last bits.
fn hash(text: &str) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for letter in text.trim().chars().flat_map(char::to_lowercase) {
        for byte in u32::from(letter).to_le_bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash ^= hash >> 32;
    hash = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    hash ^ (hash >> 29)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(values: impl Iterator<Item = u64>) -> ValueSample {
        let mut sample = ValueSample::default();
        values.for_each(|value| sample.add(&value.to_string()));
        sample
    }

    #[test]
    fn few_values_are_counted_exactly() {
        let sample = sample((0..1000).chain(0..10));
        assert_eq!((sample.distinct(), sample.is_unique()), (1000, false));
    }

    #[test]
    fn many_values_are_estimated_and_still_compared() {
        let (all, half) = (sample(0..400_000), sample(200_000..600_000));
        assert!(all.is_unique());
        assert!((all.distinct() as f64 / 400_000.0 - 1.0).abs() < 0.05, "{}", all.distinct());
        let share = half.share_in(&all).expect("there are values");
        assert!((share - 0.5).abs() < 0.02, "{share}");
    }

    #[test]
    fn a_value_is_one_whatever_its_case() {
        let mut sample = ValueSample::default();
        ["Ada@Example.org", "ada@example.org "].into_iter().for_each(|text| sample.add(text));
        assert_eq!(sample.distinct(), 1);
    }
}
