//! The life of a project's models, as functions that commands, the server and a scheduler call alike.
//!
//! They take typed arguments, report progress to a callback, return typed outcomes, and print nothing.

pub(crate) mod workspace;
pub(crate) mod progress;
pub(crate) mod ingest;
pub(crate) mod features;
pub(crate) mod datasets;
pub(crate) mod score;
pub(crate) mod monitor;
pub(crate) mod skew_check;
pub(crate) mod ground_truth;
pub(crate) mod cluster;
