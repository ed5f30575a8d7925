//! A sample of rows of a fixed size, in which each row is as likely as any other: algorithm L (Li, 1994), which draws a
//! number only for the rows that it takes.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A row that is taken, and its place in the sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pick {
    /// The row of the block.
    pub(crate) row: usize,
    /// The place; the next free one while the sample is not full.
    pub(crate) slot: usize,
}

/// Chooses the rows of a sample.
pub(crate) struct Reservoir {
    rows_max: usize,
    seen: u64,
    /// The next row that is taken, once the sample is full.
    next: u64,
    weight: f64,
    random: ChaCha8Rng,
}

impl Reservoir {
    pub(crate) fn new(rows_max: usize, seed: u64) -> Reservoir {
        let mut reservoir = Reservoir {
            rows_max,
            seen: 0,
            next: rows_max as u64,
            weight: 1.0,
            random: ChaCha8Rng::seed_from_u64(seed),
        };
        // The first row to be taken after the sample is full.
        reservoir.next -= 1;
        reservoir.leap();
        reservoir
    }

    /// Returns which of the next rows are taken, in order: a later one may take the place of an earlier one.
    pub(crate) fn pick(&mut self, rows: usize) -> Vec<Pick> {
        let begin = self.seen;
        self.seen += rows as u64;
        let free = (self.rows_max as u64).saturating_sub(begin).min(rows as u64) as usize;
        let mut picks: Vec<Pick> = (0..free).map(|row| Pick { row, slot: begin as usize + row }).collect();
        while self.next < self.seen {
            let slot = self.random.random_range(0..self.rows_max);
            picks.push(Pick { row: (self.next - begin) as usize, slot });
            self.leap();
        }
        picks
    }

    fn leap(&mut self) {
        self.weight *= (self.uniform().ln() / self.rows_max as f64).exp();
        let rows = (self.uniform().ln() / (1.0 - self.weight).ln()).floor();
        self.next = self.next.saturating_add(1).saturating_add(rows as u64);
    }

    /// Returns a number over 0 and under 1.
    fn uniform(&mut self) -> f64 {
        self.random.random_range(f64::MIN_POSITIVE..1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(rows: usize, block: usize, rows_max: usize) -> Vec<usize> {
        let mut reservoir = Reservoir::new(rows_max, 1);
        let mut sample = Vec::new();
        for begin in (0..rows).step_by(block) {
            for pick in reservoir.pick(block.min(rows - begin)) {
                match sample.get_mut(pick.slot) {
                    Some(place) => *place = begin + pick.row,
                    None => sample.push(begin + pick.row),
                }
            }
        }
        sample
    }

    #[test]
    fn few_rows_are_all_taken() {
        assert_eq!(sample(10, 3, 10), (0..10).collect::<Vec<_>>());
        assert_eq!(sample(7, 3, 10), (0..7).collect::<Vec<_>>());
    }

    #[test]
    fn every_part_of_the_rows_is_as_likely_and_blocks_do_not_matter() {
        let rows = sample(100_000, 1_000, 10_000);
        assert_eq!(rows, sample(100_000, 7_777, 10_000));
        for tenth in 0..10 {
            let count = rows.iter().filter(|row| **row / 10_000 == tenth).count();
            assert!(count.abs_diff(1_000) < 120, "{count} rows of the tenth {tenth}");
        }
    }
}
