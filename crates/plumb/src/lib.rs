//! Plumbline: lead scoring that tells how likely, why, and keeps it true.
//!
//! `main` parses and calls [`cli::run`]; everything else is here, so that tests, fuzz targets and benchmarks use the
//! program's parts without a process.

mod project;
mod message_catalog;
mod team_rules;
mod workbook;
mod company;
mod training;
mod foreign;
mod workers;
mod card;
mod ids;
mod scoring;
mod serving;
mod watching;
mod verifying;
mod truth;
mod registry;
mod store;
mod journal;
pub mod http;
mod telemetry;
mod commands;
pub mod cli;
