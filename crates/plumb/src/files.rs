//! Files that are never seen half written, and folders that are still there after a power cut.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, Result};

use crate::ids;

/// Writes a file beside its place, forces it to the disk and then renames it: whenever the program is killed, the file
/// is the old one or the new one. Its folder has to be there.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    write(path, bytes).with_context(|| format!("cannot write `{}`", path.display()))
}

/// Makes a folder, and those above it, so that they are there after a power cut: the name of each is in the one above it.
pub(crate) fn make_folder(path: &Path) -> Result<()> {
    make(path).with_context(|| format!("cannot make the folder `{}`", path.display()))
}

/// Forces to the disk which files a folder has, and under which names.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(or_here(path))?.sync_all()
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = or_here(path.parent().unwrap_or(Path::new("")));
    let aside = folder.join(format!(".{}.tmp", ids::new_id()));
    let written = write_aside(&aside, bytes).and_then(|()| fs::rename(&aside, path));
    if let Err(error) = written {
        // The error says more than one about a file that may not even be there.
        let _ = fs::remove_file(&aside);
        return Err(error.into());
    }
    // The rename itself is in the folder's own content.
    Ok(sync_folder(folder)?)
}

fn write_aside(aside: &Path, bytes: &[u8]) -> io::Result<()> {
    // With the permissions of any new file.
    let mut file = OpenOptions::new().write(true).create_new(true).open(aside)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn make(path: &Path) -> io::Result<()> {
    let path = or_here(path);
    if path.is_dir() {
        return Ok(());
    }
    let above = path.parent().unwrap_or(Path::new(""));
    make(above)?;
    match fs::create_dir(path) {
        // Another process was faster.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
        outcome => outcome?,
    }
    sync_folder(above)
}

/// Returns the folder, which has no name where a path is of one part.
fn or_here(folder: &Path) -> &Path {
    if folder.as_os_str().is_empty() { Path::new(".") } else { folder }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_is_replaced_as_a_whole_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("model.json");
        for content in ["one", "another, and longer", ""] {
            write_atomically(&path, content.as_bytes()).expect("the folder can be written");
            assert_eq!(fs::read_to_string(&path).expect("it is there"), content);
        }
        let names: Vec<_> =
            fs::read_dir(folder.path()).expect("a folder").map(|entry| entry.expect("an entry").file_name()).collect();
        assert_eq!(names, ["model.json"]);
        // As any other file of this user's.
        fs::write(folder.path().join("plain"), "").expect("writable");
        let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode();
        assert_eq!(mode(&path), mode(&folder.path().join("plain")));
    }

    #[test]
    fn a_file_that_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(folder.path().join("file"), "").expect("writable");
        let error = write_atomically(&folder.path().join("file/below"), b"x").expect_err("a file is no folder");
        assert!(format!("{error:#}").contains("file/below`"), "{error:#}");
        write_atomically(&folder.path().join("gone/file"), b"x").expect_err("no folder is made");
        write_atomically(folder.path(), b"x").expect_err("a folder is no file");
        let left = fs::read_dir(folder.path().parent().expect("it lies in another")).expect("readable");
        let left =
            left.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).filter(|name| name.ends_with(".tmp"));
        assert_eq!(left.collect::<Vec<_>>(), [""; 0], "what was written aside is gone");
    }

    #[test]
    fn folders_are_made_with_those_above_them() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for _again in 0..2 {
            make_folder(&folder.path().join("a/b/c")).expect("it can be made");
        }
        assert!(folder.path().join("a/b/c").is_dir());
        fs::write(folder.path().join("file"), "").expect("writable");
        let error = make_folder(&folder.path().join("file/below")).expect_err("a file is no folder");
        assert!(format!("{error:#}").contains("file/below`"), "{error:#}");
    }
}
