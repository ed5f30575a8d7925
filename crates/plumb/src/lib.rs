//! Plumbline: lead scoring that tells how likely, why, and keeps it true.
//!
//! `main` parses and calls [`cli::run`]; everything else is here, so that tests, fuzz targets and benchmarks use the
//! program's parts without a process.

mod project;
mod team_rules;
mod spreadsheet;
mod training;
mod model_import;
mod workers;
mod blocking;
mod content_hash;
mod evaluation;
mod ids;
mod json_fields;
mod nearest;
mod files;
mod future;
mod memory;
mod terminal_text;
pub mod private_files;
mod scoring;
mod serving;
mod registry;
mod store;
mod journal;
mod posted;
mod lifecycle;
mod runs;
mod schedule;
pub mod http;
mod telemetry;
mod commands;
pub mod cli;
#[cfg(test)]
mod simulation;
