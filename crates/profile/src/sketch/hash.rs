//! Hashes of cells and rows: quick, and the same on every machine and in every run.
//!
//! Two texts of a column share a hash of 64 bits with a chance of one in 36 million among a million different ones.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hash, Hasher};

/// The hash of a missing cell; no other cell has it.
pub(crate) const MISSING: u64 = 0;

const FIRST: u64 = 0x9e37_79b9_7f4a_7c15;
const SECOND: u64 = 0xd6e8_feb8_6659_fd93;
const THIRD: u64 = 0xa076_1d64_78bd_642f;

/// A map whose keys are hashes already.
pub(crate) type HashedMap<K, V> = HashMap<K, V, BuildHasherDefault<AsItIs>>;

/// A set whose members are hashes already.
pub(crate) type HashedSet = HashSet<u64, BuildHasherDefault<AsItIs>>;

/// The hash of a row, of 128 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RowKey(pub(crate) u64, pub(crate) u64);

impl Hash for RowKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0);
    }
}

/// Takes a number that is a hash as its hash.
#[derive(Default)]
pub(crate) struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| folded(hash ^ u64::from(*byte), FIRST));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

/// Returns the hash of a number's or timestamp's bits.
pub(crate) fn hash_of_bits(bits: u64) -> u64 {
    folded(folded(bits ^ FIRST, SECOND), THIRD).max(1)
}

/// Returns the hash of a text: each eight bytes are multiplied to 128 bits, whose halves are folded together.
pub(crate) fn hash_of_text(text: &str) -> u64 {
    let mut hash = FIRST ^ text.len() as u64;
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    for word in words {
        hash = folded(hash ^ u64::from_le_bytes(*word), SECOND);
    }
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    folded(folded(hash ^ u64::from_le_bytes(last), THIRD), SECOND).max(1)
}

/// Adds a cell to the hash of its row; the order of cells counts.
pub(crate) fn mix_into(row: &mut RowKey, cell: u64) {
    row.0 = folded(row.0 ^ cell ^ FIRST, SECOND);
    row.1 = (row.1.rotate_left(23) ^ cell).wrapping_mul(THIRD);
}

fn folded(left: u64, right: u64) -> u64 {
    let product = u128::from(left) * u128::from(right);
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_numbers_and_rows_that_differ_have_other_hashes() {
        let texts: HashedSet = (0..100_000).map(|number| hash_of_text(&format!("lead {number}"))).collect();
        assert_eq!(texts.len(), 100_000);
        let numbers: HashedSet = (0..100_000).map(|number| hash_of_bits(f64::from(number).to_bits())).collect();
        assert_eq!(numbers.len(), 100_000);
        assert_ne!(hash_of_text(""), MISSING);
        assert_ne!(hash_of_text("a\0"), hash_of_text("a"));
        let row = |cells: [u64; 2]| {
            let mut key = RowKey::default();
            cells.iter().for_each(|cell| mix_into(&mut key, *cell));
            key
        };
        assert_ne!(row([1, 2]), row([2, 1]));
        assert_eq!(row([1, 2]), row([1, 2]));
    }
}
