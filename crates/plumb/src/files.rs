//! Files of others, read within bounds.

use std::fs::File;
use std::io::Read;
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

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

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
}
