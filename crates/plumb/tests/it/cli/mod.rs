//! Commands, each with its good and its bad input.

mod check;
mod demo;
mod ingest;
mod profile;
mod init;
mod quick;
mod leaks;
mod targets;
mod status;
mod retraining;
mod score_file;
mod cold_start;
mod bombs;
mod options;
mod private_files;
mod terminal;
mod tutorial;
mod object_stores;
