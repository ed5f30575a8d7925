//! The size and SHA-256 of files that never change, noted when they are written and checked when they are read.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::hash::hex;

/// Bytes read at once.
const BUFFER_BYTES: usize = 1 << 16;

/// The size and hash of a file as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileHash {
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
}

/// A new file whose bytes are hashed as they are written, so that a disk that stores other bytes is found out.
pub(crate) struct HashedFile {
    file: File,
    hasher: Sha256,
    bytes: u64,
}

impl FileHash {
    /// Returns the hash of a file's content.
    pub(crate) fn of_bytes(bytes: &[u8]) -> FileHash {
        FileHash { bytes: bytes.len() as u64, sha256: hex(Sha256::digest(bytes)) }
    }

    /// Reads a file and returns its hash.
    pub(crate) fn of_file(path: &Path) -> Result<FileHash, Error> {
        let mut file = File::open(path).map_err(Error::file("open", path))?;
        let (mut hasher, mut buffer, mut bytes) = (Sha256::new(), vec![0; BUFFER_BYTES], 0);
        loop {
            let read = file.read(&mut buffer).map_err(Error::file("read", path))?;
            if read == 0 {
                return Ok(FileHash { bytes, sha256: hex(hasher.finalize()) });
            }
            bytes += read as u64;
            hasher.update(&buffer[..read]);
        }
    }

    /// Checks that a file is as it was written. `way_out` says what to do if it is not.
    pub(crate) fn check(&self, path: &Path, way_out: &'static str) -> Result<(), Error> {
        let found = match std::fs::metadata(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => "it is not there".to_owned(),
            Err(error) => return Err(Error::file("read", path)(error)),
            // The size tells most damage without a read.
            Ok(found) if found.len() != self.bytes => format!("it has {} bytes", found.len()),
            Ok(_) => match FileHash::of_file(path)? {
                found if found == *self => return Ok(()),
                found => format!("its {} bytes have the SHA-256 `{}`", found.bytes, found.sha256),
            },
        };
        let expected = format!("{} bytes with the SHA-256 `{}`", self.bytes, self.sha256);
        Err(Error::Damaged { path: path.to_owned(), found, expected, way_out })
    }

    /// Checks a file's content, which was just read.
    pub(crate) fn check_bytes(&self, path: &Path, bytes: &[u8], way_out: &'static str) -> Result<(), Error> {
        let found = FileHash::of_bytes(bytes);
        if found == *self {
            return Ok(());
        }
        let expected = format!("{} bytes with the SHA-256 `{}`", self.bytes, self.sha256);
        let found = format!("its {} bytes have the SHA-256 `{}`", found.bytes, found.sha256);
        Err(Error::Damaged { path: path.to_owned(), found, expected, way_out })
    }
}

impl HashedFile {
    /// Creates a file; one that is there already is an error, as it may be listed somewhere.
    pub(crate) fn create(path: &Path) -> Result<HashedFile, Error> {
        let file = File::options().write(true).create_new(true).open(path).map_err(Error::file("create", path))?;
        Ok(HashedFile { file, hasher: Sha256::new(), bytes: 0 })
    }

    /// Forces the file to the disk, and returns its hash.
    pub(crate) fn finish(self, path: &Path) -> Result<FileHash, Error> {
        self.file.sync_all().map_err(Error::file("write", path))?;
        Ok(FileHash { bytes: self.bytes, sha256: hex(self.hasher.finalize()) })
    }
}

impl Write for HashedFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

/// Does something for each file, on all cores, and returns the first error in the order of the files.
pub(crate) fn for_each_file<T: Sync>(files: &[T], work: impl Fn(&T) -> Result<(), Error> + Sync) -> Result<(), Error> {
    let next = AtomicUsize::new(0);
    let run = || {
        let mut failed = Vec::new();
        while let Some((index, file)) =
            Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, files.get(at)?)))
        {
            failed.extend(work(file).err().map(|error| (index, error)));
        }
        failed
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from).min(files.len());
    let mut failed = std::thread::scope(|scope| {
        let others: Vec<_> = (1..cores).map(|_| scope.spawn(run)).collect();
        let mut failed = run();
        for other in others {
            failed.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        failed
    });
    failed.sort_by_key(|(index, _)| *index);
    failed.into_iter().next().map_or(Ok(()), |(_, error)| Err(error))
}

/// Checks that files are as they were written.
pub(crate) fn check_files(files: &[(PathBuf, &FileHash)], way_out: &'static str) -> Result<(), Error> {
    for_each_file(files, |(path, hash)| hash.check(path, way_out))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_byte_a_missing_byte_and_a_missing_file_are_found() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("part.parquet");
        let mut file = HashedFile::create(&path).expect("created");
        file.write_all(b"one ").and_then(|()| file.write_all(b"two")).expect("written");
        let hash = file.finish(&path).expect("on the disk");
        assert_eq!(hash, FileHash::of_file(&path).expect("readable"));
        assert_eq!(hash, FileHash::of_bytes(b"one two"));
        let check = || hash.check(&path, "make it again").map_err(|error| error.to_string());
        assert_eq!(check(), Ok(()));
        let expected = format!("expected 7 bytes with the SHA-256 `{}`; make it again", hash.sha256);
        for (content, found) in [(&b"one tw0"[..], "its 7 bytes have the SHA-256 `"), (b"one tw", "it has 6 bytes")] {
            std::fs::write(&path, content).expect("writable");
            let error = check().expect_err("it was changed");
            assert!(error.contains(found) && error.ends_with(&expected), "{error}");
        }
        std::fs::remove_file(&path).expect("it is there");
        assert!(check().expect_err("it is gone").contains("part.parquet` is damaged: it is not there"));
        std::fs::write(&path, "").expect("writable");
        assert!(HashedFile::create(&path).is_err(), "a file that is there is not overwritten");
    }

    #[test]
    fn of_many_files_the_first_that_fails_is_named() {
        let files: Vec<PathBuf> = (0..50).map(|number| PathBuf::from(number.to_string())).collect();
        let fails = |path: &PathBuf| match path.to_str() {
            Some("7" | "31") => Err(Error::file("read", path)(std::io::Error::other("no"))),
            _ => Ok(()),
        };
        let error = for_each_file(&files, fails).expect_err("two fail").to_string();
        assert_eq!(error, "cannot read `7`");
        assert!(for_each_file(&files, |_| Ok(())).is_ok() && for_each_file::<PathBuf>(&[], fails).is_ok());
    }
}
