//! The SHA-256 of files, by which objects are named.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::error::Error;

/// Bytes read at once.
const BUFFER_BYTES: usize = 1 << 16;

/// Returns a hash as text.
pub(crate) fn hex(hash: impl AsRef<[u8]>) -> String {
    hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the hash of bytes.
pub(crate) fn of_bytes(bytes: &[u8]) -> String {
    hex(Sha256::digest(bytes))
}

/// Returns the size and the hash of a file.
pub(crate) fn of_file(path: &Path) -> Result<(u64, String), Error> {
    let mut file = File::open(path).map_err(Error::file("open", path))?;
    let (mut hasher, mut buffer, mut bytes) = (Sha256::new(), vec![0; BUFFER_BYTES], 0);
    loop {
        let read = file.read(&mut buffer).map_err(Error::file("read", path))?;
        if read == 0 {
            return Ok((bytes, hex(hasher.finalize())));
        }
        bytes += read as u64;
        hasher.update(&buffer[..read]);
    }
}
