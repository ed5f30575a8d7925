//! Which keys occur more than once: of all rows while they fit, and of a share of the keys when there are more.
//!
//! What is kept is chosen by the hash and not by the row, so that all rows of a key are kept or none is: groups of equal
//! rows stay whole, and their number in the share tells that in the whole.

use super::hash::{HashedMap, RowKey};

/// Groups that are listed with their places.
const EXAMPLES_MAX: usize = 20;

/// Counts how often keys occur.
pub(crate) struct Repeated {
    entries: HashedMap<RowKey, Entry>,
    entries_max: usize,
    /// A key is kept if so many of its lowest bits are 0.
    dropped_bits: u32,
    examples: Vec<(RowKey, u64, u64)>,
}

struct Entry {
    first: u32,
    count: u32,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub(crate) struct RepeatedSummary {
    /// Keys that occur more than once.
    pub(crate) groups: u64,
    /// Occurrences beyond the first of each.
    pub(crate) more: u64,
    /// The most occurrences of one key.
    pub(crate) largest: u64,
    /// The share of the keys that was looked at; 1 if all.
    pub(crate) share: f64,
    /// The first and the second place of some keys.
    pub(crate) examples: Vec<(u64, u64)>,
}

impl Repeated {
    /// Returns a counter that holds at most so many keys.
    pub(crate) fn new(entries_max: usize) -> Repeated {
        Repeated { entries: HashedMap::default(), entries_max, dropped_bits: 0, examples: Vec::new() }
    }

    /// Adds a key and its place.
    pub(crate) fn add(&mut self, key: RowKey, place: u64) {
        if !self.keeps(&key) {
            return;
        }
        match self.entries.get_mut(&key) {
            Some(entry) => {
                entry.count = entry.count.saturating_add(1);
                if entry.count == 2 && self.examples.len() < EXAMPLES_MAX {
                    self.examples.push((key, u64::from(entry.first), place));
                }
            }
            None => {
                self.entries.insert(key, Entry { first: u32::try_from(place).unwrap_or(u32::MAX), count: 1 });
                while self.entries.len() > self.entries_max {
                    self.dropped_bits += 1;
                    let bits = self.dropped_bits;
                    self.entries.retain(|key, _| is_kept(key, bits));
                    self.examples.retain(|(key, _, _)| is_kept(key, bits));
                }
            }
        }
    }

    /// Returns what was found; of a share of the keys, the counts are scaled to all.
    pub(crate) fn summary(&self) -> RepeatedSummary {
        let times = 1_u64 << self.dropped_bits;
        let repeated = || self.entries.values().map(|entry| u64::from(entry.count)).filter(|count| *count > 1);
        RepeatedSummary {
            groups: times * repeated().count() as u64,
            more: times * repeated().map(|count| count - 1).sum::<u64>(),
            largest: repeated().max().unwrap_or_default(),
            share: 1.0 / times as f64,
            examples: self.examples.iter().map(|(_, first, second)| (*first, *second)).collect(),
        }
    }

    fn keeps(&self, key: &RowKey) -> bool {
        is_kept(key, self.dropped_bits)
    }
}

/// The second half decides: the table itself uses the bits of the first.
fn is_kept(key: &RowKey, bits: u32) -> bool {
    key.1.trailing_zeros() >= bits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sketch::{hash_of_bits, mix_into};

    fn key(number: u64) -> RowKey {
        let mut key = RowKey::default();
        mix_into(&mut key, hash_of_bits(number));
        mix_into(&mut key, hash_of_bits(number + 1));
        key
    }

    #[test]
    fn repeated_keys_are_counted_with_their_places() {
        let mut repeated = Repeated::new(100);
        for (place, number) in [7, 8, 7, 9, 7, 8].into_iter().enumerate() {
            repeated.add(key(number), place as u64);
        }
        let found = repeated.summary();
        assert_eq!((found.groups, found.more, found.largest, found.share), (2, 3, 3, 1.0));
        assert_eq!(found.examples, [(0, 2), (1, 5)]);
    }

    #[test]
    fn of_too_many_keys_a_share_tells_the_whole() {
        let mut repeated = Repeated::new(5_000);
        // 100,000 keys, of which every tenth comes twice.
        (0..100_000).for_each(|number| repeated.add(key(number * 5), number));
        (0..10_000).for_each(|number| repeated.add(key(number * 50), number));
        let found = repeated.summary();
        assert!(found.share < 0.06);
        assert!(found.more.abs_diff(10_000) < 2_000, "{} is far from 10,000", found.more);
    }
}
