//! The one integration binary: the built program, real databases, a real client, a temporary folder.

mod program;
mod server;
mod ingest;
mod quick;
mod score;
mod story;
mod few;
mod cluster;
mod journal;
mod ground_truth;
mod traces;
mod sdks;
mod schema;
mod xgboost;
mod workers;
mod example;
