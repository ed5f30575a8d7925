//! What the files of posted rows say when a server starts: the rows that the ground does not have, and the newest ids.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use plumb_lake::{Lake, POSTED_EVENTS, posted_folder};

use super::row::{EventLine, EventRow, LeadLine, LeadRow, Receipt};
use crate::journal::{list_segments, remove_left_aside};

/// A row that was read again.
pub(super) enum Recovered {
    Event(EventRow),
    Lead(LeadRow),
}

/// Where a row was read, and what the server had added to it.
pub(super) struct RecoveredFrom {
    pub(super) file: Arc<str>,
    /// Where its line ends.
    pub(super) end: u64,
    /// The bytes of its line.
    pub(super) line: usize,
    pub(super) receipt: Receipt,
    pub(super) received_at: DateTime<Utc>,
    /// Whether the ground lacks it.
    pub(super) is_news: bool,
}

/// Reads the rows of a source, the oldest first: all that a version of the ground does not have, and others for their ids, of
/// the newest files, so many bytes.
pub(super) fn recover(
    data: &Path,
    source: &str,
    lake: &Lake,
    ids_bytes: u64,
    mut each: impl FnMut(Recovered, RecoveredFrom),
) -> Result<()> {
    let folder = posted_folder(data, source);
    if !folder.is_dir() {
        return Ok(());
    }
    remove_left_aside(&folder)?;
    let mut files: Vec<(PathBuf, Arc<str>, u64, bool)> = Vec::new();
    let mut bytes_newer = 0;
    for path in list_segments(&folder)?.into_iter().rev() {
        let name: Arc<str> = path.file_name().unwrap_or_default().to_string_lossy().into();
        let known = lake.posted_bytes(source).and_then(|files| files.get(&*name)).copied().unwrap_or(0);
        let bytes = path.metadata().with_context(|| format!("cannot read `{}`", path.display()))?.len();
        bytes_newer += bytes;
        let has_news = known < bytes;
        files.push((path, name, known, has_news || bytes_newer <= ids_bytes));
    }
    for (path, name, known, _) in files.into_iter().rev().filter(|(.., is_read)| *is_read) {
        read_file(&path, source, &name, known, &mut each)
            .with_context(|| format!("cannot read `{}`", path.display()))?;
    }
    Ok(())
}

/// Reads the whole lines of a file. A last one without an end was never acknowledged.
fn read_file(
    path: &Path,
    source: &str,
    name: &Arc<str>,
    known: u64,
    each: &mut impl FnMut(Recovered, RecoveredFrom),
) -> Result<()> {
    let (mut reader, mut line, mut end, mut torn) = (BufReader::new(File::open(path)?), Vec::new(), 0, 0);
    while reader.read_until(b'\n', &mut line)? > 0 && line.ends_with(b"\n") {
        end += line.len() as u64;
        match read_line(source, &line) {
            Ok((row, receipt, received_at)) => {
                let (file, is_news) = (name.clone(), known < end);
                each(row, RecoveredFrom { file, end, line: line.len(), receipt, received_at, is_news });
            }
            Err(_) => torn += 1,
        }
        line.clear();
    }
    if torn > 0 {
        tracing::warn!(
            lines = torn,
            path = %path.display(),
            "lines of posted rows cannot be read: either the machine lost its power while they were written, before anybody \
             had an answer, or the disk has damaged them; the next ingestion lists them as rejected"
        );
    }
    Ok(())
}

fn read_line(source: &str, line: &[u8]) -> Result<(Recovered, Receipt, DateTime<Utc>)> {
    if source == POSTED_EVENTS {
        let line: EventLine = serde_json::from_slice(line)?;
        let receipt = line.receipt.clone();
        let (row, received_at) = line.into_row()?;
        return Ok((Recovered::Event(row), receipt, received_at));
    }
    let line: LeadLine = serde_json::from_slice(line)?;
    let receipt = line.receipt.clone();
    let (row, received_at) = line.into_row()?;
    Ok((Recovered::Lead(row), receipt, received_at))
}
