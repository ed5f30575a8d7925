//! The models' files, each named by the hash of its content.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::content_hash::sha256;
use crate::files::{read_within, write_atomically};

/// Hexadecimal digits of a model's id: 64 bits, so that two of a million models share one with a chance of 1 in 10^7.
const ID_DIGITS: usize = 16;

/// The largest file of a model: an imported one of the largest size, written as text.
const FILE_BYTES_MAX: u64 = 2 << 30;

/// Returns the id of a model's file: the first digits of the SHA-256 of its bytes.
pub(crate) fn model_id(bytes: &[u8]) -> String {
    let mut digits = sha256(bytes);
    digits.truncate(ID_DIGITS);
    digits
}

/// Returns the bytes of a model. A file whose content does not have the hash in its name is refused.
pub(crate) fn load(data: &Path, id: &str) -> Result<Vec<u8>> {
    if id.len() != ID_DIGITS || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        bail!("`{id}` is not a model's id: expected {ID_DIGITS} hexadecimal digits");
    }
    let path = path_of(data, id);
    let bytes = read_within(&path, FILE_BYTES_MAX, "a model").with_context(|| format!("cannot read model `{id}`"))?;
    let found = model_id(&bytes);
    if found != id {
        bail!(
            "the file of model `{id}` is corrupted: the content of `{}` hashes to `{found}`; \
             restore it from a backup, or train again",
            path.display()
        );
    }
    Ok(bytes)
}

/// Writes a model's file. It is whole or absent, whenever the program is killed.
pub(super) fn write(data: &Path, id: &str, bytes: &[u8]) -> Result<()> {
    let message = || format!("cannot store model `{id}`");
    fs::create_dir_all(data.join("models")).with_context(message)?;
    write_atomically(&path_of(data, id), bytes).with_context(message)
}

/// Returns the path of a model's file.
pub(super) fn path_of(data: &Path, id: &str) -> PathBuf {
    data.join("models").join(format!("{id}.json"))
}
