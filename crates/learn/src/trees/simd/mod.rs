//! Vector instructions, chosen when the program runs.

mod lanes;
mod dispatch;

pub(crate) use dispatch::{VectorJob, run_vectorized};
pub(crate) use lanes::{Eight, LANES, Lanes};
