//! The file that is read.

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::error::Error;

/// A file to read, which can be read more than once: standard input is kept in a temporary file.
#[derive(Debug)]
pub struct Input {
    /// The name that messages show.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// Removes the file in the end, if it is a temporary one.
    temporary: Option<tempfile::NamedTempFile>,
}

impl Input {
    /// Opens a file, or standard input for `-`.
    pub fn open(location: &Path) -> Result<Input, Error> {
        if location == Path::new("-") {
            return Input::of_bytes("standard input", std::io::stdin().lock());
        }
        let name = location.display().to_string();
        let metadata = std::fs::metadata(location).map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => Error::Missing(location.to_owned()),
            _ => Error::Read { name: name.clone(), source },
        })?;
        if metadata.is_dir() {
            return Err(Error::NotAFile(location.to_owned()));
        }
        if !metadata.is_file() {
            // A pipe of the shell, such as `<(zcat …)`, can be read once only.
            let pipe = std::fs::File::open(location).map_err(|source| Error::Read { name: name.clone(), source })?;
            return Input::of_bytes(&name, pipe);
        }
        Ok(Input { name, path: location.to_owned(), temporary: None })
    }

    /// Keeps bytes in a temporary file, so that they can be read more than once.
    pub fn of_bytes(name: &str, mut bytes: impl Read) -> Result<Input, Error> {
        let failed = |source| Error::Read { name: name.to_owned(), source };
        let mut temporary = tempfile::NamedTempFile::new().map_err(failed)?;
        std::io::copy(&mut bytes, &mut temporary).map_err(failed)?;
        Ok(Input { name: name.to_owned(), path: temporary.path().to_owned(), temporary: Some(temporary) })
    }

    /// Returns whether the file is a temporary one.
    pub fn is_temporary(&self) -> bool {
        self.temporary.is_some()
    }
}
