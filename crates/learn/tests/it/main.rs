//! The crate's integration tests, in one program because each would link XGBoost again.

mod calibration;
mod cold_start;
mod drift;
mod leaks;
mod looks;
mod metrics;
mod models;
mod rules;
mod split;
mod trees;
