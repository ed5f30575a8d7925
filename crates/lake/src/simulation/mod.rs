//! Ingestions on a simulated machine: two that race and readers beside them, while the disk fails, tears and reorders,
//! the clock jumps and processes die. Rows are neither lost nor read twice, what counts is whole, and a version in use
//! stays.

mod actors;
mod expectations;

use std::sync::atomic::{AtomicU64, Ordering};

use plumb_simulation::{Accidents, Machine, for_each_seed};

use actors::Actor;
use expectations::Expectations;

/// Seeds of the ordinary tests.
const SEEDS: u64 = 10_000;

/// Runs of each seed on one disk: each begins with what the one before has left.
const RUNS: usize = 2;

#[test]
fn rows_are_kept_once_and_what_counts_is_whole() {
    for_each_seed(SEEDS, |seed| drop(simulate(seed)));
}

#[test]
fn a_seed_has_one_run() {
    for seed in 0..50 {
        let (one, other) = (simulate(seed), simulate(seed));
        let same = one.iter().zip(&other).take_while(|(one, other)| one == other).count();
        let rest = |run: &[String]| run[same.saturating_sub(5)..].iter().take(15).cloned().collect::<Vec<_>>();
        assert!(one == other, "seed {seed} has two runs: {:#?} and {:#?}", rest(&one), rest(&other));
    }
}

/// Simulates a seed, and returns what was done.
fn simulate(seed: u64) -> Vec<String> {
    let machine = Machine::new(seed, |_| std::io::Result::Ok(())).expect("a folder in memory can be made");
    let expectations = Expectations::default();
    let lives = AtomicU64::new(0);
    for _ in 0..RUNS {
        let begin = || Actor {
            data: machine.folder(),
            expectations: &expectations,
            seed: seed << 16 | lives.fetch_add(1, Ordering::SeqCst),
        };
        let (ingest, read) = (|| begin().ingest(), || begin().read());
        machine.run(&[&ingest, &ingest, &read]).expect("what survived can be written");
        let check = || expectations.check(machine.folder());
        machine.run_with(Accidents::default(), &[&check]).expect("no power loss");
    }
    if let Some(broken) = expectations.broken() {
        panic!("seed {seed}: {broken}; the last operations: {:#?}", machine.last_operations());
    }
    machine.trace()
}
