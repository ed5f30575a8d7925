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

use super::relation_lists::{FOLDER, path_in};
use crate::error::Error;
use crate::files::file_hash::FileHash;
use crate::files::parquet_files::write_batch;
use crate::files::replace_file::{create_folder, sync_folder};

/// The folder of shared files, to be added to.
pub(crate) struct SharedFiles {
    folder: PathBuf,
    /// Hashes of files that are there as they were written.
    whole: Mutex<HashSet<String>>,
}

impl SharedFiles {
    /// Opens the folder of a data folder. The `checked` files, which are there as they were written, are not written again.
    pub(crate) fn open<'a>(data: &Path, checked: impl IntoIterator<Item = &'a FileHash>) -> Result<SharedFiles, Error> {
        let folder = data.join("ground").join(FOLDER);
        create_folder(&folder)?;
        let whole = checked.into_iter().map(|file| file.sha256.clone()).collect();
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
