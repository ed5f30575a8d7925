#![doc = include_str!("../README.md")]

mod lake;
mod ingest;
mod publish;
mod table_records;
pub mod dataset;
mod features;
mod ground;
mod raw;
mod sources;
mod remote;
pub mod cluster;
mod current;
mod lock;
mod files;
mod engine;
mod cells;
mod sql_file;
mod timestamp;
mod bit_equality;
mod hash;
mod rounded_ids;
mod error;
mod future;
#[cfg(test)]
mod simulation;

pub use engine::SqlLimits;
pub use error::Error;
pub use features::{CategoryWithoutRate, FeatureBlock, FeatureProgram, FeatureSql};
pub use files::parquet_records::record_source_of_parquet;
pub use files::replace_file::{create_folder, sync_folder, write_atomically};
pub use files::{csv_table, rows, scores};
pub use future::LakeFuture;
pub use ground::{Counts, GroundNote, GroundNoteCode, LabelSpec, Labels, PostOutcomeChange, RecentLead, Undated};
pub use ingest::{GROUND_AREA, IngestReport, ingest, rebuild};
pub use lake::Lake;
pub use lock::{DataLock, IfLocked, LockHolder, is_at};
pub use raw::RejectedRow;
pub use remote::{fetch, is_url};
pub use sources::{ALLOW_LOST_PERCENT, FileNote, Source, SourceKind, SourceReport};
pub use sql_file::SqlFile;
pub use table_records::{raw_table_names, raw_table_records};
