//! A running server: what it keeps, what it measures, what it reports, what it documents.

mod journal;
mod little_memory;
mod ground_truth;
mod traces;
mod openapi;
