//! A simulated machine: runs processes on its disk until they end, with accidents, and starts again after a power loss.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use tempfile::TempDir;

use crate::accidents::Accidents;
use crate::disk::{Disk, Image};
use crate::process::{self, Process};
use crate::seeds;
use crate::state::{Life, ProcessState, Shared, State};

/// 2026, in microseconds since 1970.
const FIRST_TIME: i64 = 1_767_225_600_000_000;

/// Operations that a report shows.
const OPERATIONS_SHOWN: usize = 60;

/// A machine with one folder on its disk.
pub struct Machine {
    shared: Arc<Shared>,
    /// Holds the folder, in memory where the system has such a place: what is simulated need not be on a real disk.
    _home: TempDir,
}

impl Machine {
    /// Makes a machine whose folder holds what `prepare` puts there, all of it durable.
    pub fn new<E: From<io::Error>>(seed: u64, prepare: impl FnOnce(&Path) -> Result<(), E>) -> Result<Machine, E> {
        let memory = Path::new("/dev/shm");
        let parent = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let home = TempDir::new_in(parent)?;
        let root = home.path().canonicalize()?.join("disk");
        std::fs::create_dir(&root)?;
        prepare(&root)?;
        let state = State {
            disk: Disk::of(&root)?,
            random: ChaCha8Rng::seed_from_u64(seed),
            files: HashMap::new(),
            clock: FIRST_TIME,
            accidents: Accidents::default(),
            processes: Vec::new(),
            turn: None,
            power_lost: false,
            operations: 0,
            trace: Vec::new(),
            lives: 0,
        };
        Ok(Machine { shared: Arc::new(Shared::new(root, state)), _home: home })
    }

    /// Returns the folder that is on its disk.
    pub fn folder(&self) -> &Path {
        &self.shared.root
    }

    /// Runs processes until each has returned, with accidents drawn from the seed, and returns whether the power was
    /// lost. A process that is killed starts again; after a power loss none does, and the disk holds what survived.
    pub fn run(&self, processes: &[&(dyn Fn() + Sync)]) -> io::Result<bool> {
        let accidents = Accidents::draw(processes.len(), &mut self.shared.lock().random);
        self.run_with(accidents, processes)
    }

    /// Runs processes until each has returned, with these accidents.
    pub fn run_with(&self, accidents: Accidents, processes: &[&(dyn Fn() + Sync)]) -> io::Result<bool> {
        self.begin_run(accidents, processes.len());
        std::thread::scope(|scope| {
            for (slot, script) in processes.iter().enumerate() {
                scope.spawn(move || self.live(slot, *script));
            }
        });
        let mut state = self.shared.lock();
        let power_lost = std::mem::take(&mut state.power_lost);
        state.processes.clear();
        if power_lost {
            let State { disk, random, .. } = &mut *state;
            let image = disk.after_power_loss(random);
            write_image(&self.shared.root, &image)?;
            state.disk = Disk::of(&self.shared.root)?;
            state.files.clear();
        }
        Ok(power_lost)
    }

    /// Returns what was done so far, an entry an operation.
    pub fn trace(&self) -> Vec<String> {
        self.shared.lock().trace.clone()
    }

    /// Returns what was done last; all of it if this is the one seed that somebody looks at.
    pub fn last_operations(&self) -> Vec<String> {
        let trace = self.trace();
        let shown = if seeds::is_one() { trace.len() } else { OPERATIONS_SHOWN };
        trace[trace.len().saturating_sub(shown)..].to_vec()
    }

    fn begin_run(&self, accidents: Accidents, processes: usize) {
        let mut state = self.shared.lock();
        state.accidents = accidents;
        state.operations = 0;
        state.processes = (0..processes).map(|_| ProcessState::default()).collect();
        for slot in 0..processes {
            state.lives += 1;
            state.processes[slot].life = state.lives;
        }
        state.turn = None;
        state.choose_turn();
    }

    /// Runs a process, and starts it again each time it was killed.
    fn live(&self, slot: usize, script: &(dyn Fn() + Sync)) {
        loop {
            let life = Life { slot, number: self.shared.lock().processes[slot].life };
            let process = Arc::new(Process { shared: self.shared.clone(), life, slept: AtomicI64::new(0) });
            process::enter(Some(process.clone()));
            self.shared.start(life);
            let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(script));
            process::enter(None);
            let state = self.shared.lock();
            let (dead, power_lost) = (state.is_dead(life), state.power_lost);
            drop(state);
            self.shared.end(life, !dead || power_lost);
            match outcome {
                // Whatever a dead process meets is no fault of its code.
                Err(panic) if !dead => std::panic::resume_unwind(panic),
                _ if dead && !power_lost => {}
                _ => return,
            }
        }
    }
}

/// Replaces a folder's content.
fn write_image(root: &Path, image: &Image) -> io::Result<()> {
    std::fs::remove_dir_all(root)?;
    for (path, bytes) in image {
        match bytes {
            None => std::fs::create_dir(root.join(path))?,
            Some(bytes) => std::fs::write(root.join(path), bytes)?,
        }
    }
    Ok(())
}
