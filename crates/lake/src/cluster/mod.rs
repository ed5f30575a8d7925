//! A cluster: a scheduler and executors, processes of this same program, for work that one machine is too small for.
//!
//! Ballista hands out tasks, notices dead executors and gives their tasks to others. Rows go through the data folder,
//! which all processes see under one path. The features of a chunk of leads are one call of a function of ours
//! (`feature_job`, `feature_service`), because they are not a plan of the engine; the queries of `sources/*.sql` are plans,
//! and run as such (`ground::derivation`). A sample of every result is computed here too, and compared to the last bit.
//!
//! Without the cargo feature `cluster` there is only a stand-in, `absent`, which refuses to connect.

#[cfg(not(feature = "cluster"))]
mod absent;
#[cfg(feature = "cluster")]
mod client;
#[cfg(feature = "cluster")]
mod executor;
#[cfg(feature = "cluster")]
mod feature_job;
#[cfg(feature = "cluster")]
mod feature_service;
#[cfg(feature = "cluster")]
mod functions;
#[cfg(feature = "cluster")]
mod job_files;
#[cfg(feature = "cluster")]
mod scheduler;
#[cfg(feature = "cluster")]
mod token;
#[cfg(feature = "cluster")]
mod version;

#[cfg(not(feature = "cluster"))]
pub use absent::{Cluster, Token};
#[cfg(feature = "cluster")]
pub use client::Cluster;
#[cfg(feature = "cluster")]
pub use executor::{ExecutorConfig, run_executor};
#[cfg(feature = "cluster")]
pub use scheduler::run_scheduler;
#[cfg(feature = "cluster")]
pub use token::Token;
