//! How many different values there are: counted up to a limit, estimated over it.
//!
//! The estimate is a HyperLogLog of 2^14 registers with the estimator of O. Ertl, "New cardinality estimation algorithms
//! for HyperLogLog sketches" (2017), whose standard error is 1.04 / sqrt(2^14) = 0.8 %.

use super::hash::HashedSet;

/// Up to so many different values are counted.
const COUNTED_MAX: usize = 10_000;

const REGISTER_BITS: u32 = 14;
const REGISTERS: usize = 1 << REGISTER_BITS;

/// What 95 % of the estimates are within: twice the standard error.
const ERROR: f64 = 2.0 * 1.04 / 128.0;

/// Counts different hashes.
pub(crate) struct DistinctCounter {
    counted: HashedSet,
    /// Empty as long as they are counted.
    registers: Vec<u8>,
}

impl DistinctCounter {
    pub(crate) fn new() -> DistinctCounter {
        DistinctCounter { counted: HashedSet::default(), registers: Vec::new() }
    }

    /// Adds a hash.
    pub(crate) fn add(&mut self, hash: u64) {
        if !self.registers.is_empty() {
            register(&mut self.registers, hash);
            return;
        }
        self.counted.insert(hash);
        if self.counted.len() > COUNTED_MAX {
            self.registers = vec![0; REGISTERS];
            std::mem::take(&mut self.counted).into_iter().for_each(|hash| register(&mut self.registers, hash));
        }
    }

    /// Returns the number, and within what share of it the truth lies with 95 %; 0 if it was counted.
    pub(crate) fn count(&self) -> (u64, f64) {
        if self.registers.is_empty() {
            return (self.counted.len() as u64, 0.0);
        }
        (estimate(&self.registers).round() as u64, ERROR)
    }
}

fn register(registers: &mut [u8], hash: u64) {
    let index = (hash >> (64 - REGISTER_BITS)) as usize;
    let rank = ((hash << REGISTER_BITS) | (1 << (REGISTER_BITS - 1))).leading_zeros() as u8 + 1;
    registers[index] = registers[index].max(rank);
}

fn estimate(registers: &[u8]) -> f64 {
    const LAST: usize = 64 - REGISTER_BITS as usize + 1;
    let mut with_rank = [0.0_f64; LAST + 1];
    registers.iter().for_each(|rank| with_rank[usize::from(*rank)] += 1.0);
    let registers = registers.len() as f64;
    let mut sum = registers * tau(1.0 - with_rank[LAST] / registers);
    for count in with_rank[1..LAST].iter().rev() {
        sum = 0.5 * (sum + count);
    }
    sum += registers * sigma(with_rank[0] / registers);
    registers * registers / (2.0 * std::f64::consts::LN_2 * sum)
}

fn sigma(share: f64) -> f64 {
    if share >= 1.0 {
        return f64::INFINITY;
    }
    let (mut power, mut factor, mut sum) = (share, 1.0, share);
    loop {
        power *= power;
        let before = sum;
        sum += power * factor;
        factor += factor;
        if sum == before {
            return sum;
        }
    }
}

fn tau(share: f64) -> f64 {
    if share <= 0.0 || share >= 1.0 {
        return 0.0;
    }
    let (mut root, mut factor, mut sum) = (share, 1.0, 1.0 - share);
    loop {
        root = root.sqrt();
        let before = sum;
        factor *= 0.5;
        sum -= (1.0 - root) * (1.0 - root) * factor;
        if sum == before {
            return sum / 3.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sketch::hash_of_bits;

    #[track_caller]
    fn check(different: u64, repeats: u64) {
        let mut counter = DistinctCounter::new();
        (0..repeats).for_each(|_| (0..different).for_each(|number| counter.add(hash_of_bits(number))));
        let (count, error) = counter.count();
        let off = count.abs_diff(different) as f64 / different as f64;
        assert!(off <= error, "{count} is not {different} within {error}");
    }

    #[test]
    fn few_values_are_counted_and_many_estimated_within_the_stated_error() {
        check(1, 3);
        check(10_000, 2);
        check(10_001, 2);
        check(40_000, 1);
        check(75_000, 1);
        check(1_000_000, 1);
    }
}
