//! The parts of a split, and what their makers share.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::error::Error;

/// Of rows in random order, the parts to train on and to choose on, in percent; the rest is to test on.
pub(super) const RANDOM_PERCENT: (usize, usize) = (60, 20);

/// Of rows in their own order, the same.
pub(super) const ORDER_PERCENT: (usize, usize) = (56, 14);

/// The part to choose on of the rows that are not to test on, in percent.
pub(super) const VALID_PERCENT: usize = 20;

/// The rows of each part, by their index, ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// To train on.
    pub train: Vec<usize>,
    /// To stop early, choose, calibrate and set the threshold on.
    pub valid: Vec<usize>,
    /// To test on.
    pub test: Vec<usize>,
    /// How many rows are in no part. In a split by time, these are rows that belong to an earlier part and are dated (or whose
    /// label was learned) after the test begins, and rows without a time.
    pub dropped: usize,
}

impl Split {
    pub(super) fn checked(self, is_tested: bool) -> Result<Split, Error> {
        let parts = [("train on", &self.train), ("choose and calibrate on", &self.valid), ("test on", &self.test)];
        let wanted = if is_tested { 3 } else { 2 };
        let empty = parts.into_iter().take(wanted).find(|(_, rows)| rows.is_empty()).map(|(doing, _)| doing);
        empty.map_or(Ok(self), |doing| Err(Error::NoRows { doing }))
    }
}

/// Returns the rows in the random order of a seed.
pub(super) fn shuffled(rows: usize, seed: u64) -> Vec<usize> {
    let mut shuffled: Vec<usize> = (0..rows).collect();
    shuffled.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    shuffled
}

/// Returns the rows in their own order.
pub(super) fn sorted(rows: &[usize]) -> Vec<usize> {
    let mut rows = rows.to_vec();
    rows.sort_unstable();
    rows
}
