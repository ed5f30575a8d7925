//! The files of the relations, which versions share: a version is a list of them, and what did not change is not written
//! again.
//!
//! ```text
//! ground/files/<SHA-256>.parquet
//! ```
//!
//! A file is named by its content and never changes. It is removed when no version lists it any more.

use std::collections::HashSet;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use datafusion::arrow::array::RecordBatch;
use serde::{Deserialize, Serialize};

use super::versions::{Version, files_listed};
use crate::error::Error;
use crate::files::file_hash::FileHash;
use crate::files::parquet_files::write_batch;
use crate::files::replace_file::{create_folder, sync_folder};

/// The folder's name in the ground.
const FOLDER: &str = "files";

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

/// The folder of shared files, to be added to.
pub(crate) struct SharedFiles {
    folder: PathBuf,
    /// Hashes of files that are there as they were written.
    whole: Mutex<HashSet<String>>,
}

impl SharedFiles {
    /// Opens the folder of a data folder. The files of `version`, which were just checked, are not written again.
    pub(crate) fn open(data: &Path, version: Option<&Version>) -> Result<SharedFiles, Error> {
        let folder = data.join("ground").join(FOLDER);
        create_folder(&folder)?;
        let whole = version.into_iter().flat_map(Version::shared).map(|file| file.sha256.clone()).collect();
        Ok(SharedFiles { folder, whole: Mutex::new(whole) })
    }

    /// Adds rows as a file, unless there is one with the same content, and returns its hash. It counts once a version
    /// lists it, and is sure to be on the disk after [`SharedFiles::finish`].
    pub(crate) fn add(&self, rows: &RecordBatch) -> Result<FileHash, Error> {
        let bytes = write_batch(Vec::new(), rows)?;
        let hash = FileHash::of_bytes(&bytes);
        let known = || self.whole.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if known().contains(&hash.sha256) {
            return Ok(hash);
        }
        let (path, aside) = (path_in(&self.folder, &hash), self.folder.join(format!(".{}.tmp", hash.sha256)));
        let mut file = File::create(&aside).map_err(Error::file("create", &aside))?;
        file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(Error::file("write", &aside))?;
        std::fs::rename(&aside, &path).map_err(Error::file("name", &path))?;
        known().insert(hash.sha256.clone());
        Ok(hash)
    }

    /// Returns the path of a file.
    pub(crate) fn path(&self, file: &FileHash) -> PathBuf {
        path_in(&self.folder, file)
    }

    /// Forces the names of the files to the disk.
    pub(crate) fn finish(&self) -> Result<(), Error> {
        sync_folder(&self.folder)
    }
}

/// Returns the path of a shared file, given the folder of the ground.
pub(super) fn shared_path(ground: &Path, file: &FileHash) -> PathBuf {
    path_in(&ground.join(FOLDER), file)
}

fn path_in(folder: &Path, file: &FileHash) -> PathBuf {
    folder.join(format!("{}.parquet", file.sha256))
}

/// Removes the files that no version lists. Only a run that holds the lock of the ground may do so.
pub(super) fn remove_unlisted(ground: &Path) -> Result<(), Error> {
    let folder = ground.join(FOLDER);
    if !folder.is_dir() {
        return Ok(());
    }
    // If a version cannot be read, it is not known what it needs.
    let Some(listed) = files_listed(ground)? else { return Ok(()) };
    let listed: HashSet<PathBuf> = listed.iter().map(|file| path_in(&folder, file)).collect();
    for entry in std::fs::read_dir(&folder).map_err(Error::file("list", &folder))? {
        let path = entry.map_err(Error::file("list", &folder))?.path();
        if !listed.contains(&path) {
            std::fs::remove_file(&path).map_err(Error::file("remove", &path))?;
        }
    }
    Ok(())
}
