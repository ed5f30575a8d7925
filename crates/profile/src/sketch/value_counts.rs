//! How often each text occurs: exactly while they are few, and the frequent ones within a stated error while they are many.
//!
//! When the table is full its rarest half is forgotten, as in lossy counting (Manku and Motwani, 2002): a count is then too
//! small by at most the largest count that was forgotten before its text came (again).

use super::hash::HashedMap;

/// Texts that are counted at once.
const TEXTS_MAX: usize = 10_000;

/// Counts texts by their hashes.
pub(crate) struct ValueCounter {
    entries: HashedMap<u64, Entry>,
    /// The most that a text which is not in the table may have occurred.
    forgotten_max: u64,
}

struct Entry {
    count: u64,
    short_by: u64,
    /// Once the table was full, a text is kept from its second occurrence on: most have only one.
    text: Option<Box<str>>,
}

/// A text with its count.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Counted {
    pub(crate) hash: u64,
    pub(crate) text: String,
    pub(crate) count: u64,
    /// It may have occurred so many times more.
    pub(crate) short_by: u64,
}

impl ValueCounter {
    pub(crate) fn new() -> ValueCounter {
        ValueCounter { entries: HashedMap::default(), forgotten_max: 0 }
    }

    /// Adds a text with its hash.
    pub(crate) fn add(&mut self, hash: u64, text: &str) {
        if let Some(entry) = self.entries.get_mut(&hash) {
            entry.count += 1;
            entry.text.get_or_insert_with(|| text.into());
            return;
        }
        if self.entries.len() >= TEXTS_MAX {
            self.forget_half();
        }
        let kept = (self.forgotten_max == 0).then(|| text.into());
        self.entries.insert(hash, Entry { count: 1, short_by: self.forgotten_max, text: kept });
    }

    /// Returns whether every text was counted exactly.
    pub(crate) fn is_exact(&self) -> bool {
        self.forgotten_max == 0
    }

    /// Returns the texts, the most frequent first.
    pub(crate) fn most_frequent(&self) -> Vec<Counted> {
        let mut counted: Vec<Counted> = self
            .entries
            .iter()
            .filter_map(|(hash, entry)| {
                let text = entry.text.as_ref()?.to_string();
                Some(Counted { hash: *hash, text, count: entry.count, short_by: entry.short_by })
            })
            .collect();
        counted.sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.text.cmp(&other.text)));
        counted
    }

    fn forget_half(&mut self) {
        let mut counts: Vec<u64> = self.entries.values().map(|entry| entry.count + entry.short_by).collect();
        let middle = counts.len() / 2;
        let limit = *counts.select_nth_unstable(middle).1;
        self.entries.retain(|_, entry| entry.count + entry.short_by > limit);
        self.forgotten_max = self.forgotten_max.max(limit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sketch::hash_of_text;

    fn counter(texts: impl Iterator<Item = String>) -> ValueCounter {
        let mut counter = ValueCounter::new();
        texts.for_each(|text| counter.add(hash_of_text(&text), &text));
        counter
    }

    #[test]
    fn few_texts_are_counted_exactly() {
        let counter = counter(["b", "a", "b", "c"].iter().map(|text| (*text).to_owned()));
        let found: Vec<(String, u64)> =
            counter.most_frequent().into_iter().map(|counted| (counted.text, counted.count)).collect();
        assert_eq!(found, [("b".to_owned(), 2), ("a".to_owned(), 1), ("c".to_owned(), 1)]);
        assert!(counter.is_exact());
    }

    #[test]
    fn a_frequent_text_among_many_is_found_within_the_stated_error() {
        let rows = 200_000;
        let late =
            |row: u32| if row > 50_000 && row.is_multiple_of(50) { "often".to_owned() } else { format!("once {row}") };
        let counter = counter((0..rows).map(late));
        let first = counter.most_frequent().remove(0);
        let truth = 3_000 - 1;
        assert_eq!(first.text, "often");
        assert!(first.count <= truth && truth <= first.count + first.short_by, "{first:?}");
        assert!(!counter.is_exact());
    }
}
