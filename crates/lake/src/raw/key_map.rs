//! Keys that are hashes, with the hash of each key's row, in memory.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Bits of a key that say in which map it is. Maps grow, and are put into order, one after the other, so that never all of
/// the keys are there twice.
const SHARD_BITS: u32 = 6;

/// A hasher for what is a hash already. The first bits, which all keys of a map share, are moved to where they do no harm.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_i64(&mut self, value: i64) {
        self.0 = (value as u64).rotate_left(32);
    }
}

/// The hash of each key's row. The maps follow each other in the order of keys.
pub(super) struct KeyMap(Vec<HashMap<i64, i64, BuildHasherDefault<AsItIs>>>);

impl Default for KeyMap {
    fn default() -> KeyMap {
        KeyMap((0..1 << SHARD_BITS).map(|_| HashMap::default()).collect())
    }
}

impl KeyMap {
    /// Returns how many keys there are.
    pub(super) fn len(&self) -> usize {
        self.0.iter().map(HashMap::len).sum()
    }

    /// Returns the hash of a key's row.
    pub(super) fn get(&self, key: i64) -> Option<i64> {
        self.0[shard_of(key)].get(&key).copied()
    }

    /// Notes the hash of a key's row, and returns what it was before.
    pub(super) fn insert(&mut self, key: i64, hash: i64) -> Option<i64> {
        self.0[shard_of(key)].insert(key, hash)
    }

    /// Adds keys, whose rows are newer.
    pub(super) fn extend(&mut self, newer: KeyMap) {
        for (known, newer) in self.0.iter_mut().zip(newer.0) {
            if known.is_empty() { *known = newer } else { known.extend(newer) }
        }
    }

    /// Returns all keys in their order.
    pub(super) fn into_sorted(self) -> impl Iterator<Item = (i64, i64)> {
        self.0.into_iter().flat_map(|shard| {
            let mut entries: Vec<(i64, i64)> = shard.into_iter().collect();
            entries.sort_unstable();
            entries
        })
    }

    /// Returns all keys, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (i64, i64)> + '_ {
        self.0.iter().flatten().map(|(key, hash)| (*key, *hash))
    }
}

fn shard_of(key: i64) -> usize {
    // Negative keys come first.
    ((key as u64 ^ (1 << 63)) >> (64 - SHARD_BITS)) as usize
}
