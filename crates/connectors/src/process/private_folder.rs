//! Files for a program that hold secrets: readable by this user alone, and gone when the program is.

use std::fs::{OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::PathBuf;

use tempfile::TempDir;

use crate::error::Error;

/// A temporary folder of mode 0700, removed with all its files when it is dropped.
pub(crate) struct PrivateFolder {
    folder: TempDir,
}

impl PrivateFolder {
    /// Makes the folder.
    pub(crate) fn new() -> Result<PrivateFolder, Error> {
        let made = tempfile::Builder::new().prefix("plumb-").permissions(Permissions::from_mode(0o700)).tempdir();
        made.map(|folder| PrivateFolder { folder }).map_err(|error| {
            let way_out = "make room there, or name another folder by TMPDIR";
            Error::new(format!("cannot make a temporary folder: {error}"), way_out).because(error)
        })
    }

    /// Writes a file of mode 0600, and returns where it is.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<PathBuf, Error> {
        let path = self.folder.path().join(name);
        let opened = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path);
        opened.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| {
            let way_out = "make room there, or name another folder by TMPDIR";
            Error::new(format!("cannot write `{}`: {error}", path.display()), way_out).because(error)
        })?;
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_for_this_user_alone_and_go_away() {
        let folder = PrivateFolder::new().expect("a folder");
        let path = folder.write("config.json", "{}").expect("a file");
        let mode = |path: &std::path::Path| path.metadata().expect("it is there").permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(folder.folder.path())), (0o600, 0o700));
        drop(folder);
        assert!(!path.exists());
    }
}
