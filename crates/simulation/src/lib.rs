//! A simulated machine for tests of the code that keeps things: its disk fails, tears and reorders what was not forced,
//! its clock jumps, and its processes die at any moment.
//!
//! The code under test is the real one, SQLite with it, and knows nothing of this: `calls` defines the C library's
//! functions that change files (`open`, `write`, `fsync`, `rename` and so on), start threads, sleep and tell the time, and
//! the linker prefers a program's own definitions. On a thread that belongs to no simulated process they only pass the
//! call on. So this crate is for the test programs of others, and nothing that is shipped may depend on it. It works on
//! Linux alone, with code that calls the C library and not the kernel.
//!
//! A [`Machine`] runs several processes, each on a thread of its own. One at a time has its turn, and the turn changes
//! before an operation on a file: the same seed has the same turns, faults and crashes.

#![cfg(target_os = "linux")]

mod accidents;
mod calls;
mod disk;
mod machine;
mod operation;
mod process;
mod seeds;
mod state;

pub use accidents::Accidents;
pub use machine::Machine;
pub use process::is_dead;
pub use seeds::for_each_seed;
