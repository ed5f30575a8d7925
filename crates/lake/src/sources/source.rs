//! A source as configured in `plumb.toml`, and the report of a run over it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// One of the company's systems, as configured in `plumb.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// How it is read.
    pub kind: SourceKind,
    /// A file, a pattern of files or a database's address.
    pub url: String,
    /// Only these tables; empty means all.
    #[serde(default)]
    pub tables: Vec<String>,
    /// For a database's table, the column that grows when a row is added or changed: only rows from its last value on
    /// are read. A table without one is read whole, and known rows are skipped.
    #[serde(default)]
    pub cursor: BTreeMap<String, String>,
    /// For a table, the columns of its key: of rows with the same key only the newest is seen. The default is the
    /// primary key of a database's table; the rows of files are the table `records`.
    #[serde(default)]
    pub key: BTreeMap<String, Vec<String>>,
}

/// How a source is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    /// Comma-separated files with a header.
    Csv,
    /// A JSON object a line.
    Jsonl,
    /// Parquet files.
    Parquet,
    /// A SQLite database file.
    Sqlite,
    /// A PostgreSQL database.
    Postgres,
}

/// What one run read from one source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SourceReport {
    /// The source's name.
    pub source: String,
    /// Rows read, known ones included.
    pub rows_read: u64,
    /// Rows that were new.
    pub rows_new: u64,
    /// Files skipped because they had not changed.
    pub files_unchanged: u64,
}

/// Returns the path of a source's address, which is relative to the project folder.
pub(super) fn in_project(project: &Path, url: &str) -> PathBuf {
    let path = Path::new(url);
    if path.is_absolute() { path.to_owned() } else { project.join(path) }
}
