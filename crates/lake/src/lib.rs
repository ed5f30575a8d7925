#![doc = include_str!("../README.md")]

mod lake;
mod ingest;
pub mod dataset;
mod features;
mod ground;
mod raw;
mod sources;
pub mod cluster;
mod files;
mod engine;
mod sql_file;
mod timestamp;
mod bit_equality;
mod hash;
mod error;
mod future;

pub use engine::SqlLimits;
pub use error::Error;
pub use features::{CategoryWithoutRate, FeatureBlock, FeatureProgram, FeatureSql};
pub use files::{csv_table, rows, scores};
pub use future::LakeFuture;
pub use ground::{Counts, LabelSpec, Labels, PostOutcomeChange, RecentLead, Undated};
pub use ingest::{IngestReport, ingest, rebuild};
pub use lake::Lake;
pub use raw::RejectedRow;
pub use sources::{Source, SourceKind, SourceReport};
pub use sql_file::SqlFile;
