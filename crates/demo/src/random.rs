//! Random draws: a stream for each part of the simulator, and what is drawn from it.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Each part draws from a stream of its own, so that a change to the noise leaves the journeys as they are.
#[derive(Clone, Copy)]
pub(crate) enum Stream {
    People,
    Journeys,
    CrmRecords,
    CrmLog,
    Marketing,
    Internal,
    Spelling,
}

impl Stream {
    /// Returns the stream's generator for a seed.
    pub(crate) fn of(self, seed: u64) -> ChaCha8Rng {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(self as u64);
        random
    }
}

/// Picks one of several things by its share.
pub(crate) fn pick<T: Copy>(rng: &mut ChaCha8Rng, choices: &[(T, f64)]) -> T {
    let mut left = rng.random::<f64>() * choices.iter().map(|(_, share)| share).sum::<f64>();
    for (choice, share) in choices {
        left -= share;
        if left < 0.0 {
            return *choice;
        }
    }
    choices[choices.len() - 1].0
}

/// Picks a position by the share at each.
pub(crate) fn pick_index(rng: &mut ChaCha8Rng, shares: &[f64]) -> usize {
    let mut left = rng.random::<f64>();
    for (index, share) in shares.iter().enumerate() {
        left -= share;
        if left < 0.0 {
            return index;
        }
    }
    shares.len() - 1
}

/// A draw from the standard normal distribution, by Box and Muller.
pub(crate) fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * rng.random::<f64>()).cos()
}
