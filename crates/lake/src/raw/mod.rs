//! The raw layer: every row that a source ever showed us, copied once, as it was, and never changed.
//!
//! All the rest is derived from here, so a correction in `sources/*.sql` corrects the past too.
//! How a row is read is the business of `files` and `databases`; what it means, of `relations`.

mod pull;
mod table;
mod files;
mod databases;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::Error;
pub(crate) use pull::pull;
pub(crate) use table::{State, TableState, schema_of, stored_schema, write_atomically};

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
    /// are asked for. A table without one is read whole, and what is already known is passed over.
    #[serde(default)]
    pub cursor: BTreeMap<String, String>,
    /// For a table, the columns that say which rows are versions of one: of these only the newest is seen. Of a
    /// database's table it is the primary key unless told otherwise; the rows of files are `records`.
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

/// A row that could not be used: data, not an error.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RejectedRow {
    /// The source's file or table.
    pub file: String,
    /// The line, or the row's number in its table.
    pub line: u64,
    /// The field at fault; empty if it is the whole row.
    pub field: String,
    /// Why, with the value and what was expected.
    pub reason: String,
}

impl RejectedRow {
    /// Returns the rejection of the row at `origin`, which is its file and line as in `mail.jsonl:17`.
    pub(crate) fn at(origin: &str, field: &str, reason: String) -> RejectedRow {
        let (file, line) = match origin.rsplit_once(':').map(|(file, line)| (file, line.parse())) {
            Some((file, Ok(line))) => (file, line),
            _ => (origin, 0),
        };
        RejectedRow { file: file.to_owned(), line, field: field.to_owned(), reason }
    }
}

/// What one source gave in one run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SourceReport {
    /// The source's name.
    pub source: String,
    /// Rows read, known ones included.
    pub rows_read: u64,
    /// Rows that were new.
    pub rows_new: u64,
    /// Files passed over because nothing had changed.
    pub files_unchanged: u64,
}

/// One source on its way into the raw layer.
struct Pull<'a> {
    name: &'a str,
    source: &'a Source,
    project: &'a Path,
    raw_folder: &'a Path,
    state: &'a mut State,
    rejected: &'a mut Vec<RejectedRow>,
    report: SourceReport,
}

impl Pull<'_> {
    /// Copies what is new. The state is not saved here: that is the caller's commit.
    async fn run(mut self) -> Result<SourceReport, Error> {
        match self.source.kind {
            SourceKind::Csv | SourceKind::Jsonl | SourceKind::Parquet => files::pull(&mut self).await?,
            SourceKind::Sqlite => databases::pull_sqlite(&mut self).await?,
            SourceKind::Postgres => databases::pull_postgres(&mut self).await?,
        }
        Ok(self.report)
    }
}

fn in_project(project: &Path, url: &str) -> PathBuf {
    let path = Path::new(url);
    if path.is_absolute() { path.to_owned() } else { project.join(path) }
}
