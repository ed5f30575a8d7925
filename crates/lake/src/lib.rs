#![doc = include_str!("../README.md")]

mod lake;
mod ingest;
mod publish;
pub mod dataset;
mod features;
mod ground;
mod raw;
mod sources;
pub mod cluster;
mod current;
mod lock;
mod files;
mod engine;
mod sql_file;
mod sql_hash;
mod status;
mod timestamp;
mod bit_equality;
mod hash;
mod error;
mod future;
#[cfg(test)]
mod simulation;

pub use engine::SqlLimits;
pub use error::Error;
pub use features::{
    CategoryWithoutRate, FeatureBlock, FeatureExpression, FeatureProgram, FeatureSql, feature_expressions,
};
pub use files::replace_file::{create_folder, sync_folder, write_atomically};
pub use files::{csv_table, rows, scores};
pub use future::LakeFuture;
pub use ground::{Counts, LabelSpec, Labels, OutcomeCounts, PostOutcomeChange, RecentLead, Undated};
pub use ingest::{GROUND_AREA, IngestReport, ingest, rebuild};
pub use lake::Lake;
pub use lock::{DataLock, IfLocked, LockHolder, is_at};
pub use raw::RejectedRow;
pub use sources::{FileChange, Source, SourceKind, SourceReport};
pub use sql_file::SqlFile;
pub use sql_hash::hashes_of;
pub use status::{GroundStatus, SourceStatus, ground_status};
