//! Estimates how many different words there are, in a few kilobytes however many they are.

/// The share of the hash's bits that choose a register: 2^12 registers are wrong by about 1.6 %.
const REGISTER_BITS: u32 = 12;
const REGISTERS: usize = 1 << REGISTER_BITS;

/// HyperLogLog (Flajolet, Fusy, Gandouet, Meunier 2007), with linear counting where few are different.
#[derive(Clone, Debug)]
pub(crate) struct Sketch {
    registers: Vec<u8>,
}

impl Sketch {
    pub(crate) fn new() -> Sketch {
        Sketch { registers: vec![0; REGISTERS] }
    }

    /// Adds a word by its hash.
    pub(crate) fn add(&mut self, hash: u64) {
        let register = &mut self.registers[(hash >> (64 - REGISTER_BITS)) as usize];
        // The guard bit ends the run of zeros where the rest of the hash has no one.
        let rank = ((hash << REGISTER_BITS) | (1 << (REGISTER_BITS - 1))).leading_zeros() as u8 + 1;
        *register = (*register).max(rank);
    }

    /// Returns the estimated number of different words.
    pub(crate) fn distinct(&self) -> u64 {
        let count = REGISTERS as f64;
        let sum: f64 = self.registers.iter().map(|rank| (-f64::from(*rank)).exp2()).sum();
        let estimate = 0.7213 / (1.0 + 1.079 / count) * count * count / sum;
        let zeros = self.registers.iter().filter(|rank| **rank == 0).count();
        let counted = if estimate <= 2.5 * count && zeros > 0 { count * (count / zeros as f64).ln() } else { estimate };
        counted.round() as u64
    }
}

/// Returns a hash of a word. It is the same in every run, so that estimates are.
pub(crate) fn hash(word: &[u8]) -> u64 {
    const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |state: u64, part: u64| {
        let product = u128::from(state ^ part) * u128::from(MULTIPLIER);
        (product as u64) ^ ((product >> 64) as u64)
    };
    let mut state = MULTIPLIER ^ word.len() as u64;
    let (parts, rest) = word.as_chunks::<8>();
    for part in parts {
        state = mix(state, u64::from_le_bytes(*part));
    }
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    state = mix(state.rotate_left(23), u64::from_le_bytes(last));
    // A finaliser (Stafford's mix 13 of MurmurHash3): the sketch needs all bits to be alike.
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(words: u64) {
        let mut sketch = Sketch::new();
        for word in (0..words).chain(0..words / 2) {
            sketch.add(hash(format!("word {word}").as_bytes()));
        }
        let error = sketch.distinct() as f64 / words.max(1) as f64 - 1.0;
        assert!(words == 0 && sketch.distinct() == 0 || error.abs() < 0.05, "{words}: {}", sketch.distinct());
    }

    #[test]
    fn estimates_are_near() {
        [0, 1, 10, 1_000, 9_000, 20_000, 300_000].into_iter().for_each(check);
    }
}
