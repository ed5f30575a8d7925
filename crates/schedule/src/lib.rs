#![doc = include_str!("../README.md")]

mod job;
mod timing;
mod offset;
mod retries;
mod history;
mod decision;
pub mod print;
mod error;
#[cfg(test)]
mod tests;

pub use decision::{Decision, Start, decide};
pub use error::Error;
pub use history::{History, LastRun};
pub use job::{Job, RunState, Why};
pub use offset::offset;
pub use retries::{Retries, is_told};
pub use timing::{JobTiming, Timing};
