//! Files that are never seen half written.

use std::fs::{File, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, Result};

/// Writes a file beside its place, forces it to the disk and then renames it: whenever the program is killed, the file
/// is the old one or the new one. Its folder has to be there.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    write(path, bytes).with_context(|| format!("cannot write `{}`", path.display()))
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // By default a temporary file is readable for its owner alone; this one has the permissions of any new file.
    let mut file = tempfile::Builder::new()
        .prefix(".")
        .suffix(".tmp")
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    // The rename itself is in the folder's own content.
    File::open(folder)?.sync_all()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

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
    }
}
