//! What the benchmarks share: programs of others, installed from PyPI into an environment of their own, and runs, each a
//! process, that take turns with ours.
//!
//! A run does its work and prints its figures on one line; the medians of the turns count, so that a busy machine is
//! busy for everybody. What is measured, and whether the answers are right, is the business of each benchmark.

mod environment;
mod turns;
mod process;
mod s3_server;

pub use environment::{Packages, once, python};
pub use process::{cpu_seconds, finish, peak_megabytes};
pub use s3_server::S3Server;
pub use turns::{Runner, median, take_turns};
