//! A source as configured in `plumb.toml`, and the report of a run over it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use plumb_connectors::{Secret, Selection};
use plumb_tables::{FileFormat, Note};
use serde::Serialize;

/// One of the company's systems, as configured in `plumb.toml`.
#[derive(Clone, Debug)]
pub struct Source {
    /// How it is read.
    pub kind: SourceKind,
    /// A file, a pattern of files or a database's address.
    pub url: String,
    /// Only these tables; empty means all.
    pub tables: Vec<String>,
    /// For a database's table, the column that grows when a row is added or changed: only rows from its last value on
    /// are read. A table without one is read whole, and known rows are skipped.
    pub cursor: BTreeMap<String, String>,
    /// For a table, the columns of its key: of rows with the same key only the newest is seen. The default is the
    /// primary key of a database's table; the rows of files are the table `records`.
    pub key: BTreeMap<String, Vec<String>>,
    /// The file in the project that says how files are read, a [`plumb_tables::ReadingPlan`]; `None` finds it out.
    pub reading: Option<String>,
    /// The share of a file's rows, in percent, that may be set aside because they cannot be read.
    pub allow_lost: f64,
    /// What only databases have.
    pub database: DatabaseSource,
    /// Of a connector that is a program, how it is run.
    pub program: ProgramSource,
    /// Of a CRM that is read by its API, as whom and what.
    pub api: ApiSource,
    /// The tables with a cursor, or the objects of a CRM, of which each run compares all keys, so that rows are found that are
    /// gone for good.
    pub compare_keys: Vec<String>,
    /// How long one run may read it.
    pub time_limit: Duration,
    /// An environment variable that it needs and that is not set: a run cannot read it.
    pub unset_variable: Option<String>,
}

/// How long one run may read a source unless it says otherwise.
pub const TIME_LIMIT: Duration = Duration::from_secs(3_600);

/// The share of a file's rows that may be set aside unless the source says otherwise, in percent.
pub const ALLOW_LOST_PERCENT: f64 = 1.0;

impl Source {
    /// Returns a source that is read whole and as it is found.
    pub fn new(kind: SourceKind, url: impl Into<String>) -> Source {
        Source {
            kind,
            url: url.into(),
            tables: Vec::new(),
            cursor: BTreeMap::new(),
            key: BTreeMap::new(),
            reading: None,
            allow_lost: ALLOW_LOST_PERCENT,
            database: DatabaseSource::default(),
            program: ProgramSource::default(),
            api: ApiSource::default(),
            compare_keys: Vec::new(),
            time_limit: TIME_LIMIT,
            unset_variable: None,
        }
    }
}

/// What of a database is read, beside its tables and their cursors.
#[derive(Clone, Debug, Default)]
pub struct DatabaseSource {
    /// How far behind a cursor's last value rows are read again, if it is a moment; `None` is an hour.
    pub look_back: Option<Duration>,
    /// For a table, the columns that are read, beside those of its key and cursor; all of a table that is not named.
    pub columns: BTreeMap<String, BTreeSet<String>>,
    /// What SQL asks for, by table; `None` is all that there is. An ingestion says it itself.
    pub asked: Option<BTreeMap<String, Selection>>,
    /// The tables that may come back without a row although they had some.
    pub allow_empty: BTreeSet<String>,
    /// The tables, and columns as `table.column`, that may be gone.
    pub gone: BTreeSet<String>,
}

/// How a connector is run that is a program. Its variables of the environment are in it already.
#[derive(Clone)]
pub struct ProgramSource {
    /// The program and its first arguments, in the project's folder.
    pub command: Vec<String>,
    /// Its last arguments, behind those of the protocol.
    pub arguments: Vec<String>,
    /// Its configuration.
    pub config: serde_json::Value,
    /// The file with its catalog; without one it is asked for it.
    pub catalog: Option<String>,
    /// Whether a tap can be asked for its catalog.
    pub can_discover: bool,
    /// Whether a tap takes its catalog behind `--properties`.
    pub has_properties: bool,
    /// What is written into a tap's catalog, by stream; `*` is all streams.
    pub metadata: BTreeMap<String, serde_json::Map<String, serde_json::Value>>,
    /// Whether a position of an Airbyte source is refused that counts more rows than have arrived.
    pub has_strict_counts: bool,
    /// Variables of its environment.
    pub environment: BTreeMap<String, String>,
    /// How long it may say nothing.
    pub idle_timeout: Duration,
}

impl Default for ProgramSource {
    fn default() -> ProgramSource {
        ProgramSource {
            command: Vec::new(),
            arguments: Vec::new(),
            config: serde_json::Value::Null,
            catalog: None,
            can_discover: true,
            has_properties: false,
            metadata: BTreeMap::new(),
            has_strict_counts: true,
            environment: BTreeMap::new(),
            idle_timeout: IDLE_TIMEOUT,
        }
    }
}

impl std::fmt::Debug for ProgramSource {
    /// Leaves out what may be secret.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("ProgramSource").field("command", &self.command).finish_non_exhaustive()
    }
}

/// As whom a CRM is read by its API, and what of it. Secrets are in it already.
#[derive(Clone, Debug, Default)]
pub struct ApiSource {
    /// An access token.
    pub token: Option<Secret>,
    /// The id of an OAuth app.
    pub client_id: Option<String>,
    /// Its secret.
    pub client_secret: Option<Secret>,
    /// What a user's permission gave it.
    pub refresh_token: Option<Secret>,
    /// The objects, by their names in the API.
    pub objects: BTreeMap<String, ApiObject>,
}

/// What is read of an object of a CRM.
#[derive(Clone, Debug, Default)]
pub struct ApiObject {
    /// The fields that become columns; `None` is all.
    pub fields: Option<Vec<String>>,
    /// The fields whose history is read; of Salesforce, any is all that it tracks.
    pub history: Vec<String>,
    /// The objects whose associations with this one are read.
    pub associations: Vec<String>,
}

/// How long a connector may say nothing unless its source says otherwise.
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(600);

/// How a source is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// Files of any format, each found out from its content.
    Files,
    /// Separated cells with a header.
    Csv,
    /// A JSON object a line.
    Jsonl,
    /// JSON documents with an array of objects.
    Json,
    /// Sheets of workbooks: XLSX, XLS or ODS.
    Sheet,
    /// Parquet files.
    Parquet,
    /// A SQLite database file.
    Sqlite,
    /// A PostgreSQL database.
    Postgres,
    /// A MySQL or MariaDB database.
    Mysql,
    /// A Singer tap: a program.
    Singer,
    /// An Airbyte source: a program.
    Airbyte,
    /// HubSpot, by its API.
    Hubspot,
    /// Salesforce, by its API.
    Salesforce,
}

impl SourceKind {
    /// Returns whether a run that fails keeps what it has read, and the next one goes on there.
    pub(super) fn is_resumed(self) -> bool {
        matches!(self, SourceKind::Singer | SourceKind::Airbyte | SourceKind::Hubspot | SourceKind::Salesforce)
    }

    /// Returns whether its rows are in files that Plumbline itself opens.
    pub(super) fn is_files(self) -> bool {
        self == SourceKind::Files || self.format().is_some()
    }

    /// Returns the format that the kind fixes; `None` if it is found out, or if the source has no files.
    pub(super) fn format(self) -> Option<FileFormat> {
        match self {
            SourceKind::Files
            | SourceKind::Sqlite
            | SourceKind::Postgres
            | SourceKind::Mysql
            | SourceKind::Singer
            | SourceKind::Airbyte
            | SourceKind::Hubspot
            | SourceKind::Salesforce => None,
            SourceKind::Csv => Some(FileFormat::Csv),
            SourceKind::Jsonl => Some(FileFormat::Jsonl),
            SourceKind::Json => Some(FileFormat::Json),
            SourceKind::Sheet => Some(FileFormat::Sheet),
            SourceKind::Parquet => Some(FileFormat::Parquet),
        }
    }
}

/// What one run read from one source.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SourceReport {
    /// The source's name.
    pub source: String,
    /// Rows read, known ones included.
    pub rows_read: u64,
    /// Rows that were new, or newer versions of known ones.
    pub rows_new: u64,
    /// Rows whose delete was heard.
    #[serde(skip_serializing_if = "is_zero")]
    pub rows_deleted: u64,
    /// Files skipped because they had not changed.
    pub files_unchanged: u64,
    /// How the files were read, and what in them somebody should look at: warnings first.
    pub notes: Vec<FileNote>,
    /// Why the source could not be read to its end, and what to do; `None` if it was. Its rows are as they were before, or, of a
    /// connector that goes on where it stopped, as far as it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl SourceReport {
    /// Returns the report of a source of which nothing was read yet.
    pub(super) fn new(source: &str) -> SourceReport {
        SourceReport {
            source: source.to_owned(),
            rows_read: 0,
            rows_new: 0,
            rows_deleted: 0,
            files_unchanged: 0,
            notes: Vec::new(),
            failure: None,
        }
    }
}

/// What was found out about files of a source.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FileNote {
    /// The first file that it is about, as in the project.
    pub file: String,
    /// How many files it is about.
    pub files: u64,
    /// What was found; its count is of all of them.
    #[serde(flatten)]
    pub note: Note,
}

/// Returns the path of a source's address, which is relative to the project folder.
pub(super) fn in_project(project: &Path, url: &str) -> PathBuf {
    let path = Path::new(url);
    if path.is_absolute() { path.to_owned() } else { project.join(path) }
}
