//! One file for each subcommand: it reads arguments, calls `lifecycle` and prints the outcome.

pub(crate) mod arguments;
pub(crate) mod cluster;
pub(crate) mod data;
pub(crate) mod demo;
pub(crate) mod export;
pub(crate) mod features;
pub(crate) mod gate;
pub(crate) mod ground_truth;
pub(crate) mod import;
pub(crate) mod ingest;
pub(crate) mod junit;
pub(crate) mod model_text;
pub(crate) mod output;
pub(crate) mod progress;
pub(crate) mod promote;
pub(crate) mod quick;
pub(crate) mod reproduce;
pub(crate) mod retrain;
pub(crate) mod rollback;
pub(crate) mod score;
pub(crate) mod serve;
pub(crate) mod train;
pub(crate) mod training_progress;
pub(crate) mod variants;
pub(crate) mod verify;
pub(crate) mod watch;
