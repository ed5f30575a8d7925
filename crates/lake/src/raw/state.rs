//! The state of the raw rows: which Parquet parts count, and how far each source was read.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use plumb_connectors::{CellKind, Checkpoint};
use serde::{Deserialize, Serialize};

use super::rejected_row::RejectedRow;
use crate::error::Error;
use crate::files::file_hash::FileHash;

/// All raw tables. It counts once the pointer to it was replaced, after a run's parts and its version of the ground were
/// written, so that a run that dies half-way has changed nothing.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    /// Tables by `source.table`.
    pub(crate) tables: BTreeMap<String, TableState>,
    /// How far each file has been read.
    pub(crate) files: BTreeMap<String, FileState>,
    /// Rows that could not be read, each once, however often its source was read.
    #[serde(default)]
    pub(crate) rejected: Vec<RejectedRow>,
    /// The position of each source's connector, from which its next run goes on.
    #[serde(default)]
    pub(crate) checkpoints: BTreeMap<String, Checkpoint>,
    /// The sources that could not be read in the last run.
    #[serde(default)]
    pub(crate) failures: BTreeMap<String, SourceFailure>,
    /// Number of the last run that changed anything.
    pub(crate) run: u64,
    /// When that run began, in microseconds: when all of its rows were learned.
    pub(crate) learned_at: i64,
}

/// One raw table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TableState {
    pub(crate) columns: Vec<(String, CellKind)>,
    /// The columns of the key; empty if each row stands for itself.
    pub(crate) key: Vec<String>,
    /// Whether some row is a newer version of another.
    pub(crate) has_versions: bool,
    pub(crate) parts: Vec<Part>,
    /// The newest row of each key; `None` if an earlier program wrote the last part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) keys: Option<KeyFiles>,
}

/// The files that know the newest row of each key of a table. They can be made again from its parts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeyFiles {
    /// In the raw folder, oldest first.
    pub(crate) files: Vec<PathBuf>,
    /// The rows of all parts.
    pub(crate) rows: i64,
}

/// A source that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SourceFailure {
    /// When the first run began that could not read it, in microseconds.
    pub(crate) since: i64,
    /// Why the last one could not, and what to do.
    pub(crate) problem: String,
}

/// What one run added to a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Part {
    /// Its file, in the raw folder.
    pub(crate) path: PathBuf,
    /// When its rows were learned, in microseconds.
    pub(crate) learned_at: i64,
    /// Its bytes; `None` if an earlier program wrote it and no ingestion has looked at it since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) hash: Option<FileHash>,
}

/// What tells a part from any other, as it is hashed into what the ground was derived from. It never changes, or no
/// earlier ground would be recognised.
#[derive(Serialize)]
pub(crate) struct PartIdentity<'a> {
    path: &'a Path,
    learned_at: i64,
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
    /// Reads a state from the content of its file.
    pub(crate) fn parse(path: &Path, content: &[u8]) -> Result<State, Error> {
        serde_json::from_slice(content).map_err(|error| Error::file("understand", path)(std::io::Error::other(error)))
    }

    /// Returns the content of its file.
    pub(crate) fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(self).expect("maps with text keys become JSON")
    }

    /// Returns whether a run has changed anything but its own number and time.
    pub(crate) fn differs_from(&self, other: &State) -> bool {
        // A source that is read anew rejects the same rows once more, and they stand behind the others then.
        let rejected = |state: &State| state.rejected.iter().cloned().collect::<HashSet<RejectedRow>>();
        (&self.tables, &self.files, rejected(self)) != (&other.tables, &other.files, rejected(other))
            || (&self.checkpoints, &self.failures) != (&other.checkpoints, &other.failures)
    }

    /// Returns all parts.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &Part> {
        self.tables.values().flat_map(|table| &table.parts)
    }

    /// Returns the state after the last run that began by this time.
    pub(crate) fn until(&self, learned_at: i64) -> State {
        let mut state = self.clone();
        for table in state.tables.values_mut() {
            table.parts.retain(|part| part.learned_at <= learned_at);
            table.keys = None;
        }
        state
    }

    /// Returns when each run that brought rows learned them, newest first.
    pub(crate) fn runs(&self) -> Vec<i64> {
        let mut runs: Vec<i64> = self.parts().map(|part| part.learned_at).collect();
        runs.sort_unstable_by(|a, b| b.cmp(a));
        runs.dedup();
        runs
    }

    /// Forgets the rejected rows of a file or table from one line on: it was read again from there, and what is wrong still
    /// was rejected again.
    pub(crate) fn forget_rejected(&mut self, file: &str, from_line: u64) {
        self.rejected.retain(|row| row.file != file || row.line < from_line);
    }

    /// Adds the rows that a run rejected; a known one is not listed twice.
    pub(crate) fn add_rejected(&mut self, rejected: &[RejectedRow]) {
        let known: HashSet<RejectedRow> = self.rejected.iter().cloned().collect();
        self.rejected.extend(rejected.iter().filter(|row| !known.contains(row)).cloned());
    }
}

impl Part {
    /// Returns what tells it from any other.
    pub(crate) fn identity(&self) -> PartIdentity<'_> {
        PartIdentity { path: &self.path, learned_at: self.learned_at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_has_the_identity_that_it_had_without_a_hash() {
        let hash = Some(FileHash::of_bytes(b"rows"));
        let part = Part { path: "crm/leads/run-000001-0.parquet".into(), learned_at: 5, hash: None };
        let json = serde_json::to_string(&part).expect("JSON");
        assert_eq!(json, r#"{"path":"crm/leads/run-000001-0.parquet","learned_at":5}"#);
        let hashed = Part { hash, ..part };
        assert_eq!(serde_json::to_string(&[hashed.identity()]).expect("JSON"), format!("[{json}]"));
    }
}
