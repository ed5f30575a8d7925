//! A running server: what it measures, what it reports, what it documents.

mod database;
mod flags;
mod ground_truth;
mod traces;
mod openapi;
