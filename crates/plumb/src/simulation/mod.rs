//! The store, the journal and the registry on a simulated machine, where two servers, `plumb score` and a person who adds
//! and promotes models work on one data folder: whatever fails, tears, jumps or dies, what was acknowledged is kept, once.

mod promises;
mod processes;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result};
use plumb_simulation::{Accidents, Machine, for_each_seed};
use tempfile::TempDir;

use crate::store::Store;
use processes::Actor;
use promises::Promises;

/// Seeds of the ordinary tests.
const SEEDS: u64 = 10_000;

/// Runs of each seed on one disk: the second begins with what the first has left.
const RUNS: usize = 2;

#[test]
fn what_was_acknowledged_is_kept_once() {
    let template = template();
    for_each_seed(SEEDS, |seed| {
        if let Err(error) = simulate(seed, template.path()) {
            panic!("seed {seed}: {error:#}");
        }
    });
}

/// Returns a folder with an empty database: to make one takes longer than a seed.
fn template() -> TempDir {
    let folder = TempDir::new().expect("a temporary folder");
    block_on(async {
        let store = Store::open(&folder.path().join("plumb.db")).await.expect("an empty folder can hold a store");
        store.close().await;
    });
    folder
}

fn simulate(seed: u64, template: &Path) -> Result<()> {
    let machine = Machine::new(seed, |folder| -> Result<()> {
        std::fs::copy(template.join("plumb.db"), folder.join("plumb.db"))?;
        Ok(())
    })?;
    let promises = Promises::default();
    let lives = AtomicU64::new(0);
    for _ in 0..RUNS {
        let begin = |name| {
            let life = lives.fetch_add(1, Ordering::SeqCst);
            Actor { name, data: machine.folder(), promises: &promises, seed: seed << 16 | life, life }
        };
        let [first, second] = ["a", "b"].map(|name| move || block_on(begin(name).serve()));
        let (score, register) = (|| block_on(begin("score").score()), || block_on(begin("register").register()));
        machine.run(&[&first, &second, &score, &register])?;
        let check = || block_on(promises.check(machine.folder()));
        machine.run_with(Accidents::default(), &[&check])?;
    }
    promises.verdict().with_context(|| format!("the last operations: {:#?}", machine.last_operations()))
}

/// Runs a future on this thread alone.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime needs no more than the system gives any program").block_on(future)
}
