//! The program: the plan of features compiled to the engine's expressions and accumulators, and its runs.

mod compile;
mod stage;
mod hoist;
mod infallible;
mod qualified;
mod stages;
mod failure;
mod bound;
mod run;
mod joined;

pub(super) use bound::Bound;
pub(super) use compile::compile;
pub(super) use failure::{run_error, run_panicked};
pub(super) use joined::{EventOrder, Events, Join};
pub(super) use stages::Program;
