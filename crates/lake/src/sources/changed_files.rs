//! Files of a source that are not as they were at the last ingestion, by their size and time.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::files::{label_of, stat, state_key};
use super::source::{Source, in_project};
use crate::raw::FileState;

/// A file of a source that is not as it was at the last ingestion.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct FileChange {
    /// The file, relative to the project.
    pub file: String,
    /// `new`, `changed` or `gone`.
    pub change: &'static str,
}

/// Returns the files of a source that are new, changed or gone since they were read; none for a database, for files that
/// are not on this disk, and for a source that needs a variable that is not set.
pub(crate) fn changed_files(
    project: &Path,
    name: &str,
    source: &Source,
    known: &BTreeMap<String, FileState>,
) -> Vec<FileChange> {
    let is_on_disk = !source.url.contains("://");
    if !source.kind.is_files() || !is_on_disk || source.unset_variable.is_some() {
        return Vec::new();
    }
    let pattern = in_project(project, &source.url);
    let found = glob::glob(&pattern.to_string_lossy()).into_iter().flatten().filter_map(Result::ok);
    let found: Vec<PathBuf> = found.filter(|path| path.is_file()).collect();
    let mut changes = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for path in &found {
        let file = label_of(project, path);
        let key = state_key(name, &file);
        let change = match (known.get(&key), stat(path)) {
            (None, _) => Some("new"),
            (Some(before), Ok(now)) if before.bytes == now.bytes && before.modified_micros == now.modified_micros => {
                None
            }
            (Some(_), _) => Some("changed"),
        };
        changes.extend(change.map(|change| FileChange { file, change }));
        seen.insert(key);
    }
    let own = state_key(name, "");
    for key in known.keys().filter(|key| key.starts_with(&own) && !seen.contains(*key)) {
        changes.insert(FileChange { file: key[own.len()..].to_owned(), change: "gone" });
    }
    changes.into_iter().collect()
}
