//! Reads the bytes of a CSV file and refuses what is not text.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::error::Error;
use crate::files::limits::TABLE_BYTES_MAX;

/// Reads a whole file.
pub(super) fn read_bytes(path: &Path) -> Result<Vec<u8>, Error> {
    let failed = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::NotFound => Error::Missing(path.to_owned()),
        _ => Error::Read { path: path.to_owned(), source },
    };
    if !std::fs::metadata(path).map_err(failed)?.is_file() {
        return Err(Error::NotAFile(path.to_owned()));
    }
    // One byte more than fits: the length that the system tells may have changed.
    let mut bytes = Vec::new();
    File::open(path).map_err(failed)?.take(TABLE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > TABLE_BYTES_MAX {
        return Err(Error::TooLarge { path: path.to_owned(), most: format!("{TABLE_BYTES_MAX} bytes") });
    }
    check_text(&bytes, path)?;
    Ok(bytes)
}

/// Refuses a file that does not begin like text.
fn check_text(bytes: &[u8], path: &Path) -> Result<(), Error> {
    let problem = if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
        "is in UTF-16"
    } else if bytes.starts_with(b"PK\x03\x04") {
        "is a spreadsheet or an archive"
    } else if bytes.iter().take(8192).any(|byte| *byte == 0) {
        "is not text"
    } else {
        return Ok(());
    };
    Err(Error::NotText { path: path.to_owned(), problem })
}
