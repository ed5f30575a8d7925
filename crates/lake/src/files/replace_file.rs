//! Files and folders that are written aside, forced to the disk and then renamed: whenever the program or the power goes,
//! a reader finds the old one or the new one and never a half.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::Path;

use tempfile::{Builder, NamedTempFile, TempDir};

use crate::error::Error;

/// Levels of folders that a data folder has: `project/data/raw/source/table`.
const LEVELS: usize = 4;

/// Replaces a file by these bytes in one step. They are on the disk when this returns. Its folder has to be there.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    replace(path, |mut file, path| file.write_all(bytes).map_err(Error::file("write", path)))
}

/// Replaces a file in one step by what `write` writes, given the new file and its temporary path. Its folder has to be
/// there.
pub(crate) fn replace(path: &Path, write: impl FnOnce(&File, &Path) -> Result<(), Error>) -> Result<(), Error> {
    let pending = PendingFile::create(path)?;
    write(pending.temporary.as_file(), pending.temporary.path())?;
    pending.finish(path)
}

/// A file that is being written beside its final path, and is gone if this is dropped.
pub(crate) struct PendingFile {
    temporary: NamedTempFile,
}

impl PendingFile {
    /// Creates the file beside `path`.
    pub(crate) fn create(path: &Path) -> Result<PendingFile, Error> {
        let temporary = readable_by_others(Builder::new().prefix(".").suffix(".tmp"))
            .tempfile_in(folder_of(path))
            .map_err(Error::file("write", path))?;
        Ok(PendingFile { temporary })
    }

    /// Returns the file, to be written.
    pub(crate) fn file(&self) -> Result<File, Error> {
        self.temporary.as_file().try_clone().map_err(Error::file("write", self.temporary.path()))
    }

    /// Forces the file to the disk and gives it its name.
    pub(crate) fn finish(self, path: &Path) -> Result<(), Error> {
        let (file, temporary) = self.temporary.into_parts();
        file.sync_all().map_err(Error::file("write", path))?;
        drop(file);
        std::fs::rename(&temporary, path).map_err(Error::file("replace", path))?;
        // It has its name: there is nothing left to delete.
        let _ = temporary.keep();
        sync_folder(folder_of(path))
    }
}

/// Creates a temporary folder beside the final ones, which is deleted when this is dropped; [`name_folder`] gives it its
/// name when it is complete. Its temporary name begins with `prefix`.
pub(crate) fn temporary_folder(parent: &Path, prefix: &str) -> Result<TempDir, Error> {
    create_folder(parent)?;
    Builder::new().prefix(prefix).tempdir_in(parent).map_err(Error::file("write to", parent))
}

/// Gives a complete folder its name, in one step. Its files are on the disk already; that they are in it is, when this
/// returns. It fails if there is a folder of that name.
pub(crate) fn name_folder(temporary: TempDir, path: &Path) -> Result<(), Error> {
    sync_folders_in(temporary.path())?;
    std::fs::rename(temporary.path(), path).map_err(Error::file("name", path))?;
    // It has its name: there is nothing left to delete.
    let _ = temporary.keep();
    sync_folder(folder_of(path))
}

/// Creates a folder and those that it lies in, unless they are there. When this returns they are on the disk.
pub fn create_folder(folder: &Path) -> Result<(), Error> {
    create_below(folder, LEVELS)
}

/// Creates a folder. The names of those that are there are forced too, so many levels up: the process that made them may
/// have died before it did so.
fn create_below(folder: &Path, levels: usize) -> Result<(), Error> {
    let is_there = folder.as_os_str().is_empty() || folder.is_dir();
    if is_there && levels == 0 {
        return Ok(());
    }
    let above = folder_of(folder);
    create_below(above, levels.saturating_sub(1))?;
    if !is_there {
        match std::fs::create_dir(folder) {
            // Another process may be making it as well.
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(Error::file("create", folder)(error)),
            _ => {}
        }
    }
    match force_names(above) {
        // A folder of somebody else's, in which we make nothing.
        Err(error) if is_there && error.kind() == ErrorKind::PermissionDenied => Ok(()),
        forced => forced.map_err(Error::file("write to", above)),
    }
}

/// Forces the names in a folder to the disk: a new file is lost in a power cut if only its content is there.
pub fn sync_folder(folder: &Path) -> Result<(), Error> {
    force_names(folder).map_err(Error::file("write to", folder))
}

#[cfg(unix)]
fn force_names(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Other systems force names to the disk by themselves, and cannot open a folder.
#[cfg(not(unix))]
fn force_names(_: &Path) -> std::io::Result<()> {
    Ok(())
}

fn sync_folders_in(folder: &Path) -> Result<(), Error> {
    for entry in std::fs::read_dir(folder).map_err(Error::file("list", folder))? {
        let path = entry.map_err(Error::file("list", folder))?.path();
        if path.is_dir() {
            sync_folders_in(&path)?;
        }
    }
    sync_folder(folder)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Gives the file the permissions of any other new file: a temporary one is readable by its owner alone.
#[cfg(unix)]
fn readable_by_others<'a, 'b, 'c>(builder: &'c mut Builder<'a, 'b>) -> &'c mut Builder<'a, 'b> {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(std::fs::Permissions::from_mode(0o666))
}

#[cfg(not(unix))]
fn readable_by_others<'a, 'b, 'c>(builder: &'c mut Builder<'a, 'b>) -> &'c mut Builder<'a, 'b> {
    builder
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<std::ffi::OsString> {
        std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name()).collect()
    }

    #[test]
    fn a_file_is_replaced_as_a_whole_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("model.json");
        for content in ["one", "another, and longer", ""] {
            write_atomically(&path, content.as_bytes()).expect("the folder can be written");
            assert_eq!(std::fs::read_to_string(&path).expect("it is there"), content);
        }
        assert_eq!(names(folder.path()), ["model.json"]);
    }

    #[test]
    fn a_failed_write_leaves_the_old_file_and_nothing_beside_it() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("state.json");
        write_atomically(&path, b"old").expect("written");
        let failed = replace(&path, |mut file, path| {
            file.write_all(b"half").map_err(Error::file("write", path))?;
            Err(Error::file("write", path)(std::io::Error::other("the disk is full")))
        });
        assert!(failed.is_err());
        assert_eq!(std::fs::read(&path).expect("it is there"), b"old");
        assert_eq!(names(folder.path()), ["state.json"]);
        // A name that is taken by a folder.
        std::fs::create_dir(folder.path().join("taken")).expect("made");
        write_atomically(&folder.path().join("taken"), b"x").expect_err("a folder is no file");
        assert_eq!(names(folder.path()).len(), 2);
    }

    #[test]
    fn a_file_that_cannot_be_written_is_named_and_no_folder_is_made() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("file"), "").expect("writable");
        let error = write_atomically(&folder.path().join("file/below"), b"x").expect_err("a file is no folder");
        assert!(error.to_string().contains("file/below`"), "{error}");
        write_atomically(&folder.path().join("gone/file"), b"x").expect_err("its folder has to be there");
        assert_eq!(names(folder.path()), ["file"]);
    }

    #[test]
    fn a_folder_gets_its_name_once() {
        let parent = tempfile::tempdir().expect("a temporary folder");
        let make = |content: &str| {
            let temporary = temporary_folder(&parent.path().join("made"), ".").expect("made");
            std::fs::create_dir(temporary.path().join("inner")).expect("made");
            std::fs::write(temporary.path().join("inner/file"), content).expect("written");
            name_folder(temporary, &parent.path().join("made/000001"))
        };
        make("first").expect("the name is free");
        make("second").expect_err("the name is taken");
        let content = std::fs::read_to_string(parent.path().join("made/000001/inner/file")).expect("it is there");
        assert_eq!((content.as_str(), names(&parent.path().join("made")).len()), ("first", 1));
    }

    #[cfg(unix)]
    #[test]
    fn a_replaced_file_has_the_permissions_of_a_created_one() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mode = |name: &str| std::fs::metadata(folder.path().join(name)).expect("written").permissions().mode();
        std::fs::write(folder.path().join("created"), b"").expect("written");
        write_atomically(&folder.path().join("replaced"), b"").expect("written");
        assert_eq!(mode("replaced"), mode("created"));
    }
}
