//! Runs a simulation for many seeds on all cores.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

/// The number of seeds to run, instead of a test's own.
const SEEDS_VARIABLE: &str = "PLUMB_SEEDS";

/// The one seed to run, to look at what went wrong in it.
const SEED_VARIABLE: &str = "PLUMB_SEED";

/// Returns whether one seed alone is run.
pub(crate) fn is_one() -> bool {
    std::env::var_os(SEED_VARIABLE).is_some()
}

/// Runs `simulate` for each seed from 0 on, so many of them; for others if `PLUMB_SEEDS` or `PLUMB_SEED` says so. The
/// seed of a run that panics is printed.
pub fn for_each_seed(seeds: u64, simulate: impl Fn(u64) + Sync) {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    if let Some(seed) = number(SEED_VARIABLE) {
        return simulate(seed);
    }
    let (seeds, next) = (number(SEEDS_VARIABLE).unwrap_or(seeds), AtomicU64::new(0));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds {
                        return;
                    }
                    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| simulate(seed))) {
                        eprintln!("the simulation failed with seed {seed}: run this test with {SEED_VARIABLE}={seed}");
                        next.store(seeds, Ordering::Relaxed);
                        resume_unwind(panic);
                    }
                }
            });
        }
    });
}
