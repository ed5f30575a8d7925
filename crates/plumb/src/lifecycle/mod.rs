//! The life of a project's models, as functions that commands, the server and a scheduler call alike.
//!
//! They take typed arguments, report progress to a callback, return typed outcomes, and print nothing.

pub(crate) mod alerts;
pub(crate) mod check;
pub(crate) mod check_database;
pub(crate) mod cluster;
pub(crate) mod compact;
pub(crate) mod datasets;
pub(crate) mod demo;
pub(crate) mod export;
pub(crate) mod features;
pub(crate) mod gate;
pub(crate) mod ground_truth;
pub(crate) mod import;
pub(crate) mod ingest;
pub(crate) mod init;
pub(crate) mod jobs;
pub(crate) mod locks;
pub(crate) mod mirror;
pub(crate) mod monitor;
pub(crate) mod profile;
pub(crate) mod progress;
pub(crate) mod promote;
pub(crate) mod quick;
pub(crate) mod reading;
pub(crate) mod rebuild;
pub(crate) mod reproduce;
pub(crate) mod retrain;
pub(crate) mod rollback;
pub(crate) mod score;
pub(crate) mod skew_check;
pub(crate) mod status;
pub(crate) mod train;
pub(crate) mod variants;
pub(crate) mod workspace;
#[cfg(test)]
mod tests;
