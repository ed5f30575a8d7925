//! One company's story through the built program, a chapter a file, in the order in which a company meets them.
//!
//! `stages` makes what chapters begin with, each once: the data ingested, the first model trained, the model retrained.
//! A chapter works on its own copy.

mod stages;
mod ingest;
mod train;
mod score;
mod serve;
mod pages;
mod node_backend;
mod feedback;
mod skew_check;
mod ground_truth;
mod monitoring;
mod retrain;
mod unattended;
mod gate;
mod reproduce;
mod data_sets;
