//! The version that a folder comes from: `STORE` in the folder. A push replaces that version and no other.

use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::version::Version;

/// The file's name. It belongs to the folder and is not pushed.
pub const BASE_FILE: &str = "STORE";

/// The version that a folder comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Base {
    /// The bucket. In another one, this folder comes from nothing.
    pub(crate) url: String,
    /// The version that was pushed or pulled last, and before it is there the one that is being pushed: a push that dies
    /// once the pointer is written knows its own version again.
    pub(crate) versions: Vec<Version>,
}

impl Base {
    /// Reads the file; it lists nothing if it is not there or means another bucket.
    pub(crate) fn load(folder: &Path, url: &str) -> Result<Base, Error> {
        let none = || Base { url: url.to_owned(), versions: Vec::new() };
        let path = folder.join(BASE_FILE);
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(none()),
            Err(error) => return Err(Error::file("read", &path)(error)),
        };
        let base: Base = serde_json::from_slice(&text).map_err(|error| Error::file("read", &path)(error.into()))?;
        Ok(if base.url == url { base } else { none() })
    }

    /// Writes the file in one step, which is on the disk when this returns.
    pub(crate) fn save(&self, folder: &Path) -> Result<(), Error> {
        let path = folder.join(BASE_FILE);
        let text = serde_json::to_vec_pretty(self).expect("versions become JSON");
        write(&path, &text).map_err(Error::file("write", &path))
    }

    /// Returns whether the folder comes from a version.
    pub(crate) fn is(&self, version: &Version) -> bool {
        self.versions.contains(version)
    }
}

fn write(path: &Path, text: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    std::fs::File::open(folder)?.sync_all()
}
