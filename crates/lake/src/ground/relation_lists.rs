//! The files of a version of the ground, by their hashes.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::files::file_hash::FileHash;

/// The folder's name in the ground.
pub(super) const FOLDER: &str = "files";

/// The files of each relation, in the order of leads: a lead is in one file of a relation only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RelationLists {
    pub(crate) lead: Vec<FileHash>,
    pub(crate) event: Vec<FileHash>,
    pub(crate) outcome: Vec<FileHash>,
}

impl RelationLists {
    /// Returns the files of a relation.
    pub(super) fn of(&self, relation: &str) -> &[FileHash] {
        match relation {
            "lead" => &self.lead,
            "event" => &self.event,
            _ => &self.outcome,
        }
    }

    /// Returns the lists: `lead`, `event`, `outcome`.
    pub(super) fn all_mut(&mut self) -> [&mut Vec<FileHash>; 3] {
        [&mut self.lead, &mut self.event, &mut self.outcome]
    }

    /// Returns all files.
    pub(super) fn all(&self) -> impl Iterator<Item = &FileHash> {
        self.lead.iter().chain(&self.event).chain(&self.outcome)
    }
}

/// Returns the path of a shared file, given the folder of the ground.
pub(super) fn shared_path(ground: &Path, file: &FileHash) -> PathBuf {
    path_in(&ground.join(FOLDER), file)
}

/// Returns the path of a shared file, given their folder.
pub(super) fn path_in(folder: &Path, file: &FileHash) -> PathBuf {
    folder.join(format!("{}.parquet", file.sha256))
}
