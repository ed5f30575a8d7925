//! The state of a simulated machine: its disk, its clock, its open files, and whose turn it is.

use std::collections::HashMap;
use std::os::fd::RawFd;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::accidents::Accidents;
use crate::disk::{Disk, NodeId};

/// A process that waits longer for its turn, in real time, waits for one that waits for it.
const TURN_TIME_MAX: Duration = Duration::from_secs(60);

/// One life of a process: from its start until it ends or is killed.
#[derive(Clone, Copy)]
pub(crate) struct Life {
    /// The process's place among those of the run.
    pub(crate) slot: usize,
    /// Counted over the machine's runs: what is left of an earlier life can no longer do anything.
    pub(crate) number: u64,
}

/// What all threads of a machine share.
pub(crate) struct Shared {
    /// The folder that is simulated; no symbolic link is in its path.
    pub(crate) root: PathBuf,
    state: Mutex<State>,
    turn_changed: Condvar,
}

/// The state of a machine.
pub(crate) struct State {
    pub(crate) disk: Disk,
    pub(crate) random: ChaCha8Rng,
    pub(crate) files: HashMap<RawFd, OpenFile>,
    /// Microseconds since 1970.
    pub(crate) clock: i64,
    pub(crate) accidents: Accidents,
    pub(crate) processes: Vec<ProcessState>,
    pub(crate) turn: Option<usize>,
    pub(crate) power_lost: bool,
    /// Operations of this run.
    pub(crate) operations: u64,
    /// What was done, in short, for a report and to compare two runs of one seed.
    pub(crate) trace: Vec<String>,
    pub(crate) lives: u64,
}

/// An open file or folder under the root.
#[derive(Clone, Copy)]
pub(crate) struct OpenFile {
    pub(crate) node: NodeId,
    pub(crate) appends: bool,
    /// Whether its content never has to survive: it is not worth a change of turns, nor a fault.
    pub(crate) is_scratch: bool,
}

/// A process of a run.
#[derive(Default)]
pub(crate) struct ProcessState {
    pub(crate) life: u64,
    pub(crate) ended: bool,
    pub(crate) operations: u64,
}

/// Why an operation is not done.
pub(crate) type Errno = i32;

impl Shared {
    pub(crate) fn new(root: PathBuf, state: State) -> Shared {
        Shared { root, state: Mutex::new(state), turn_changed: Condvar::new() }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns a path's part below the root, if it is below it.
    pub(crate) fn relative<'a>(&self, path: &'a Path) -> Option<&'a Path> {
        path.strip_prefix(&self.root).ok()
    }

    /// Begins an operation of a process that changes something: first others may have their turn, and accidents happen.
    pub(crate) fn begin(&self, life: Life, what: &str) -> Result<MutexGuard<'_, State>, Errno> {
        let mut state = self.take_turns(life)?;
        state.record(life, what);
        state.jump_clock();
        if state.power_lost || state.kill_if_due(life) {
            self.turn_changed.notify_all();
            return Err(libc::EIO);
        }
        Ok(state)
    }

    /// Gives others their turn, and returns when it is this process's again.
    pub(crate) fn take_turns(&self, life: Life) -> Result<MutexGuard<'_, State>, Errno> {
        let mut state = self.lock();
        if state.is_dead(life) {
            return Err(libc::EIO);
        }
        state.choose_turn();
        self.turn_changed.notify_all();
        self.wait_for_turn(state, life)
    }

    /// Waits for the first turn of a process.
    pub(crate) fn start(&self, life: Life) {
        drop(self.wait_for_turn(self.lock(), life));
    }

    fn wait_for_turn<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        life: Life,
    ) -> Result<MutexGuard<'a, State>, Errno> {
        loop {
            if state.is_dead(life) {
                return Err(libc::EIO);
            }
            if state.turn == Some(life.slot) {
                return Ok(state);
            }
            let (waited, timeout) =
                self.turn_changed.wait_timeout(state, TURN_TIME_MAX).unwrap_or_else(PoisonError::into_inner);
            state = waited;
            if timeout.timed_out() && state.turn != Some(life.slot) && !state.is_dead(life) {
                eprintln!("a simulated process waits for ever; the last operations: {:#?}", state.last_operations());
                std::process::abort();
            }
        }
    }

    /// Ends a life. With `for_good`, the process does not start again.
    pub(crate) fn end(&self, life: Life, for_good: bool) {
        let mut state = self.lock();
        state.lives += 1;
        let next = state.lives;
        let ending = &mut state.processes[life.slot];
        ending.life = next;
        ending.ended = for_good;
        // After a power loss all end at the same time, in an order that no seed decides.
        if for_good && !state.power_lost {
            state.choose_turn();
        }
        drop(state);
        self.turn_changed.notify_all();
    }
}

impl State {
    pub(crate) fn is_dead(&self, life: Life) -> bool {
        self.power_lost || self.processes.get(life.slot).is_none_or(|state| state.life != life.number)
    }

    /// Decides who is next: half of the time it stays.
    pub(crate) fn choose_turn(&mut self) {
        let running: Vec<usize> = (0..self.processes.len()).filter(|slot| !self.processes[*slot].ended).collect();
        let stays = self.turn.is_some_and(|turn| running.contains(&turn)) && self.random.random_bool(0.5);
        if !stays {
            self.turn = match running.len() {
                0 => None,
                many => Some(running[self.random.random_range(0..many)]),
            };
        }
    }

    fn record(&mut self, life: Life, what: &str) {
        self.operations += 1;
        self.processes[life.slot].operations += 1;
        self.trace.push(format!("{} {what}", life.slot));
        if self.accidents.power_loss.is_some_and(|at| self.operations > at) {
            self.power_lost = true;
            self.trace.push("power lost".to_owned());
        }
    }

    fn kill_if_due(&mut self, life: Life) -> bool {
        let operations = self.processes[life.slot].operations;
        let Some(kills) = self.accidents.kills.get_mut(life.slot) else { return false };
        if kills.first().is_none_or(|at| operations <= *at) {
            return false;
        }
        kills.remove(0);
        self.lives += 1;
        self.processes[life.slot].life = self.lives;
        self.trace.push(format!("{} killed", life.slot));
        true
    }

    fn jump_clock(&mut self) {
        const YEAR: i64 = 365 * 86_400 * 1_000_000;
        let Some(one_in) = self.accidents.clock_jump_in else { return };
        if self.random.random_range(0..one_in) == 0 {
            let jump = match self.random.random_range(0..3) {
                0 => 1_000_000,
                1 => 86_400 * 1_000_000,
                _ => 200 * YEAR,
            };
            // Not before 1970, which no clock of a computer shows.
            self.clock = (self.clock + self.random.random_range(-jump..=jump)).clamp(YEAR, 1_000 * YEAR);
        }
    }

    /// Returns the error by which the next operation fails, if it does.
    pub(crate) fn fault(&mut self) -> Option<Errno> {
        let one_in = self.accidents.fault_in?;
        let fails = self.random.random_range(0..one_in) == 0;
        fails.then(|| if self.random.random() { libc::ENOSPC } else { libc::EIO })
    }

    pub(crate) fn last_operations(&self) -> &[String] {
        &self.trace[self.trace.len().saturating_sub(40)..]
    }
}
