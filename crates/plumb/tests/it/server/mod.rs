//! A running server: what it keeps, what it measures, what it reports, what it documents.

mod database;
mod flags;
mod journal;
mod ground_truth;
mod traces;
mod openapi;
