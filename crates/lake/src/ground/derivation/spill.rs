//! The folder for what is too large for the memory of a query: rows that are sorted or aggregated part after part.

use std::path::{Path, PathBuf};

use crate::error::Error;

/// The folder's name in a data folder.
const NAME: &str = "spill";

/// The folder, which is gone when this is dropped.
pub(crate) struct Spill(PathBuf);

impl Spill {
    /// Makes the folder, and removes what a run has left that was killed.
    pub(crate) fn open(data: &Path) -> Result<Spill, Error> {
        let spill = Spill(data.join(NAME));
        spill.remove().map_err(Error::file("remove", &spill.0))?;
        std::fs::create_dir_all(&spill.0).map_err(Error::file("create", &spill.0))?;
        Ok(spill)
    }

    /// Returns the folder.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    fn remove(&self) -> std::io::Result<()> {
        match std::fs::remove_dir_all(&self.0) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }
}

impl Drop for Spill {
    fn drop(&mut self) {
        // The next run removes what is left.
        let _ = self.remove();
    }
}
