//! Files that are never seen half written, and files of others that are read within bounds.

use std::fs::{File, Permissions};
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, Result, ensure};

/// The largest text file of a project: a catalog of messages, a file of SQL, `plumb.toml`, a file of keys. The longest that
/// we know has 40 KB; parsed, such a text takes up to a hundred times as much memory.
pub(crate) const TEXT_BYTES_MAX: u64 = 2 << 20;

/// Reads a whole file of at most so many bytes; `what` says in the error what it should be. The length that the system tells
/// is not asked for: a device or a pipe has none.
pub(crate) fn read_within(path: &Path, bytes_max: u64, what: &str) -> Result<Vec<u8>> {
    let cannot = || format!("cannot read `{}`", path.display());
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(bytes_max + 1).read_to_end(&mut bytes)).with_context(cannot)?;
    ensure!(
        bytes.len() as u64 <= bytes_max,
        "`{}` has more than {bytes_max} bytes, which is too large for {what}: check that it is the right file",
        path.display()
    );
    Ok(bytes)
}

/// Reads a text file of a project; `what` says in the error what it should be.
pub(crate) fn read_text(path: &Path, what: &str) -> Result<String> {
    let bytes = read_within(path, TEXT_BYTES_MAX, what)?;
    String::from_utf8(bytes).with_context(|| format!("cannot read `{}`: expected text in UTF-8", path.display()))
}

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
    fn a_file_that_is_too_large_is_refused_before_it_is_in_memory() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("keys");
        fs::write(&path, "abcde").expect("writable");
        assert_eq!(read_within(&path, 5, "keys").expect("it fits"), b"abcde");
        let error = read_within(&path, 4, "keys").expect_err("one byte too many").to_string();
        assert!(error.contains("more than 4 bytes, which is too large for keys"), "{error}");
        // A device that never ends.
        let error = read_text(Path::new("/dev/zero"), "a catalog of messages").expect_err("it never ends").to_string();
        assert!(error.contains("too large for a catalog of messages"), "{error}");
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
