//! Files that are written aside and then renamed, so that a reader sees the old or the new one and never a half.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use tempfile::{Builder, TempDir};

use crate::error::Error;

/// Replaces a file by these bytes in one step. They are on the disk when this returns.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    replace(path, |mut file, path| file.write_all(bytes).map_err(Error::file("write", path)))
}

/// Replaces a file in one step by what `write` writes, given the new file and its temporary path.
pub(crate) fn replace(path: &Path, write: impl FnOnce(&File, &Path) -> Result<(), Error>) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(Error::file("create", folder))?;
    let temporary = readable_by_others(Builder::new().prefix(".").suffix(".tmp"))
        .tempfile_in(folder)
        .map_err(Error::file("write to", folder))?;
    write(temporary.as_file(), temporary.path())?;
    temporary.as_file().sync_all().map_err(Error::file("write", temporary.path()))?;
    temporary.persist(path).map_err(|error| Error::file("replace", path)(error.error))?;
    Ok(())
}

/// Creates a temporary folder beside the final ones; [`std::fs::rename`] it when it is complete. Its name begins with
/// `prefix`.
pub(crate) fn temporary_folder(parent: &Path, prefix: &str) -> Result<TempDir, Error> {
    std::fs::create_dir_all(parent).map_err(Error::file("create", parent))?;
    Builder::new().prefix(prefix).tempdir_in(parent).map_err(Error::file("write to", parent))
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
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1);
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
