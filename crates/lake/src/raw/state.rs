//! The state of the raw rows: which Parquet parts count, and how far each source was read.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::cell::RawKind;
use super::rejected_row::RejectedRow;
use crate::error::Error;
use crate::files::replace_file::write_atomically;

/// All raw tables. It is saved after a run's parts, so that a run that dies half-way has changed nothing.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    /// Tables by `source.table`.
    pub(crate) tables: BTreeMap<String, TableState>,
    /// How far each file has been read.
    pub(crate) files: BTreeMap<String, FileState>,
    /// Rows that could not be read, each once, however often its source was read.
    #[serde(default)]
    pub(crate) rejected: Vec<RejectedRow>,
    /// Number of the last run.
    pub(crate) run: u64,
    /// When the last run began, in microseconds: when all of its rows were learned.
    pub(crate) learned_at: i64,
}

/// One raw table.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct TableState {
    pub(crate) columns: Vec<(String, RawKind)>,
    /// The columns of the key; empty if each row stands for itself.
    pub(crate) key: Vec<String>,
    /// Whether some row is a newer version of another.
    pub(crate) has_versions: bool,
    pub(crate) parts: Vec<Part>,
    /// The cursor's last value, as text.
    pub(crate) cursor: Option<String>,
}

/// What one run added to a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Part {
    /// Its file, in the raw folder.
    pub(crate) path: PathBuf,
    /// When its rows were learned, in microseconds.
    pub(crate) learned_at: i64,
}

/// How far a file has been read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct FileState {
    pub(crate) bytes: u64,
    pub(crate) lines: u64,
    pub(crate) modified_micros: i64,
    /// Hash of the first bytes, which distinguishes a file that grew from one that was replaced.
    pub(crate) head: String,
    pub(crate) head_bytes: u64,
}

impl State {
    /// Reads the state; it is empty before the first run.
    pub(crate) fn load(path: &Path) -> Result<State, Error> {
        match std::fs::read_to_string(path) {
            Ok(text) => serde_json::from_str(&text)
                .map_err(|error| Error::file("understand", path)(std::io::Error::other(error))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(State::default()),
            Err(error) => Err(Error::file("read", path)(error)),
        }
    }

    /// Returns the state after the last run that began by this time.
    pub(crate) fn until(&self, learned_at: i64) -> State {
        let mut state = self.clone();
        state.tables.values_mut().for_each(|table| table.parts.retain(|part| part.learned_at <= learned_at));
        state
    }

    /// Returns when each run that brought rows learned them, newest first.
    pub(crate) fn runs(&self) -> Vec<i64> {
        let parts = self.tables.values().flat_map(|table| &table.parts);
        let mut runs: Vec<i64> = parts.map(|part| part.learned_at).collect();
        runs.sort_unstable_by(|a, b| b.cmp(a));
        runs.dedup();
        runs
    }

    /// Adds the rows that a run rejected; a known one is not listed twice.
    pub(crate) fn add_rejected(&mut self, rejected: &[RejectedRow]) {
        let known: HashSet<RejectedRow> = self.rejected.iter().cloned().collect();
        self.rejected.extend(rejected.iter().filter(|row| !known.contains(row)).cloned());
    }

    /// Replaces the saved state in one step.
    pub(crate) fn save(&self, path: &Path) -> Result<(), Error> {
        let text = serde_json::to_string_pretty(self).expect("maps with text keys become JSON");
        write_atomically(path, text.as_bytes())
    }
}
