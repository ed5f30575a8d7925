//! The folder of kept rows: what the files of SQL gave of the raw rows of earlier runs, so that a run need not read those
//! again.
//!
//! ```text
//! ground/kept/<SHA-256>
//! ```
//!
//! A file is named by its content and never changes. It is removed when no version lists it any more.

use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::files::file_hash::FileHash;
use crate::files::replace_file::{create_folder, sync_folder};

/// The folder's name in the ground.
pub(super) const FOLDER: &str = "kept";

/// The folder, to be read and added to.
#[derive(Clone, Debug)]
pub(crate) struct KeptFolder(PathBuf);

impl KeptFolder {
    /// Opens the folder of a data folder.
    pub(crate) fn open(data: &Path) -> Result<KeptFolder, Error> {
        let folder = data.join("ground").join(FOLDER);
        create_folder(&folder)?;
        Ok(KeptFolder(folder))
    }

    /// Returns the folder's path.
    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Returns the path of a file.
    pub(super) fn path_of(&self, file: &FileHash) -> PathBuf {
        self.0.join(&file.sha256)
    }

    /// Forces the names of the files to the disk.
    pub(super) fn finish(&self) -> Result<(), Error> {
        sync_folder(&self.0)
    }
}
