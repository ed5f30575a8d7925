//! The code that reads the systems rows come from: files and databases, copied into the raw rows.

mod source;
mod asked;
mod pull;
mod source_pull;
mod files;
mod changed_files;
mod file_reader;
mod file_rows;
mod lost_rows;
mod connector;
mod crm;
mod raw_sink;
mod records;
mod jsonl;
mod parquet;

pub(crate) use asked::with_asked;
pub use changed_files::FileChange;
pub(crate) use changed_files::changed_files;
pub(crate) use pull::{Pulled, pull};
pub use source::{
    ALLOW_LOST_PERCENT, ApiObject, ApiSource, DatabaseSource, FileNote, IDLE_TIMEOUT, ProgramSource, Source,
    SourceKind, SourceReport, TIME_LIMIT,
};
