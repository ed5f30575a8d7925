//! The crate's integration tests, in one program because each would link XGBoost again.

mod calibration;
mod drift;
mod leaks;
mod metrics;
mod models;
mod cold_start;
mod rules;
mod split;
mod trees;
