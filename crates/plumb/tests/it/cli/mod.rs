//! Commands, each with its good and its bad input.

mod check;
mod demo;
mod ingest;
mod init;
mod quick;
mod score_file;
mod cold_start;
mod bombs;
mod options;
mod private_files;
mod terminal;
mod tutorial;
