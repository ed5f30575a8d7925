#![doc = include_str!("../README.md")]

mod lake;
mod ingest;
mod publish;
mod posted;
mod table_records;
mod survey;
mod check;
pub mod dataset;
mod features;
mod ground;
mod raw;
mod sources;
mod remote;
pub mod cluster;
mod current;
mod data_version;
mod lock;
mod files;
mod engine;
mod sql_file;
mod sql_hash;
mod status;
mod sql_problem;
mod timestamp;
mod bit_equality;
mod hash;
mod rounded_ids;
mod error;
mod future;
#[cfg(test)]
mod simulation;

pub use check::{RawColumns, check_sql};
pub use data_version::DataVersion;
pub use engine::SqlLimits;
pub use error::Error;
pub use features::{
    CategoryWithoutRate, FeatureBlock, FeatureExpression, FeatureProgram, FeatureSql, feature_expressions,
};
pub use files::parquet_records::record_source_of_parquet;
pub use files::replace_file::{create_folder, sync_folder, write_atomically};
pub use files::{rows, scores};
pub use future::LakeFuture;
pub use ground::{
    Counts, FieldKind, GroundNote, GroundNoteCode, LabelSpec, Labels, OutcomeCounts, PostOutcomeChange, PostedRelation,
    RecentLead, RunOver, Undated,
};
pub use ingest::{Deriving, GROUND_AREA, IngestReport, ingest, rebuild};
pub use lake::Lake;
pub use lock::{DataLock, IfLocked, LockHolder, is_at};
pub use plumb_connectors::Secret;
pub use posted::{POSTED_EVENTS, POSTED_FIELDS, POSTED_LEADS, PostedBytes, posted_folder};
pub use raw::RejectedRow;
pub use remote::{fetch, is_url};
pub use sources::{
    ALLOW_LOST_PERCENT, ApiObject, ApiSource, DatabaseSource, FileChange, FileNote, IDLE_TIMEOUT, ProgramSource,
    Source, SourceKind, SourceReport, TIME_LIMIT,
};
pub use sql_file::SqlFile;
pub use sql_hash::hashes_of;
pub use sql_problem::{SqlCheck, SqlProblem};
pub use status::{FailedSource, GroundStatus, SourceStatus, failed_sources, ground_status, with_ingestion_of_second};
pub use survey::{SurveyedKind, SurveyedTable, survey};
pub use table_records::{raw_table_names, raw_table_records};
