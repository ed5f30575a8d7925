//! Files, read and written: Parquet, CSV, and files that are replaced in one step.

pub mod rows;
pub mod scores;
pub(crate) mod limits;
pub(crate) mod parquet_files;
pub(crate) mod parquet_records;
pub(crate) mod csv_file;
pub(crate) mod file_hash;
pub(crate) mod foreign_parquet;
pub(crate) mod replace_file;
