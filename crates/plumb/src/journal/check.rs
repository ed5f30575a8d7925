//! Whether the journal's files can be read: those of running servers, and those that were left behind.

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Seek, SeekFrom};
use std::path::Path;

use anyhow::{Context, Result};
use tokio::task::spawn_blocking;

use super::{line, new_segment};
use crate::store::Store;

/// Reads the lines of all files that are not loaded yet, and returns how many there are and what is wrong. Nothing is
/// changed.
pub(crate) async fn check(store: &Store, data: &Path) -> Result<(usize, Vec<String>)> {
    let folder = data.join("journal");
    if !folder.is_dir() {
        return Ok((0, Vec::new()));
    }
    let (mut lines, mut problems) = (0, Vec::new());
    for path in new_segment::list(&folder)? {
        let Some(name) = path.file_stem().and_then(|name| name.to_str()) else { continue };
        let from = store.journal_loaded_bytes(name).await?;
        let file = path.clone();
        let read = spawn_blocking(move || read_file(&file, from)).await.context("the check was interrupted")?;
        match read.with_context(|| format!("`{}`", path.display())) {
            Ok(read) => lines += read,
            Err(error) => problems.push(format!("{error:#}")),
        }
    }
    Ok((lines, problems))
}

/// Reads the lines that follow a byte. A last one without an end was never acknowledged.
fn read_file(path: &Path, from: u64) -> Result<usize> {
    let mut file = match File::open(path) {
        // It was loaded since.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
        file => file?,
    };
    file.seek(SeekFrom::Start(from))?;
    let (mut reader, mut text, mut begin, mut lines) = (BufReader::new(file), Vec::new(), from, 0);
    while reader.read_until(b'\n', &mut text)? > 0 && text.ends_with(b"\n") {
        line::read(&text).with_context(|| format!("the line at byte {begin} is not readable"))?;
        begin += text.len() as u64;
        lines += 1;
        text.clear();
    }
    Ok(lines)
}
