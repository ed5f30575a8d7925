//! Plumbline: lead scoring that tells how likely, why, and keeps it true.
//!
//! `main` parses and calls [`cli::run`]; everything else is here, so that tests, fuzz targets and benchmarks use the
//! program's parts without a process.

mod project;
mod team_rules;
mod spreadsheet;
mod company;
mod training;
mod foreign;
mod workers;
mod card;
mod ids;
mod files;
mod scoring;
mod watching;
mod verifying;
mod truth;
mod registry;
mod store;
mod journal;
mod http;
mod log;
mod traces;
mod commands;
pub mod cli;
