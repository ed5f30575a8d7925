//! A running server: what it measures, what it reports, what it documents, and what callers cannot do to it.

mod database;
mod flags;
mod little_memory;
mod ground_truth;
mod traces;
mod openapi;
mod connections;
mod hosts;
mod guesses;
mod readiness;
mod hangup;
mod list_columns;
mod posted;
mod stale_sources;
mod webhooks;
