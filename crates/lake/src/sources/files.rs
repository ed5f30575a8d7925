//! Files of a source: which are new or have grown, and from where each is read on.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::file_rows::FileRows;
use super::source::{SourceKind, in_project};
use super::source_pull::SourcePull;
use super::{csv, jsonl, parquet};
use crate::error::Error;
use crate::hash::hex;
use crate::raw::{FileState, RawTable};

/// The table's name in SQL: `<source>.records`.
const TABLE: &str = "records";

/// Bytes of a file's beginning that must not change while it grows.
const HEAD_BYTES: u64 = 4096;

/// Copies the new rows of all files of a source.
pub(super) async fn pull(pull: &mut SourcePull<'_>) -> Result<(), Error> {
    let mut table: Option<RawTable> = None;
    for path in matching(pull)? {
        let label = label_of(pull.project, &path);
        let state_key = state_key(pull.name, &label);
        let now = stat(&path)?;
        let before = pull.state.files.get(&state_key).cloned();
        if before.as_ref().is_some_and(|before| is_unchanged(before, &now)) {
            pull.report.files_unchanged += 1;
            continue;
        }
        let from = resume_point(&path, before)?;
        let table = match &mut table {
            Some(table) => table,
            None => table.insert(open_table(pull)?),
        };
        let rows = FileRows {
            path: &path,
            label: &label,
            table,
            rejected: pull.rejected,
            rejected_rows: 0,
            report: &mut pull.report,
        };
        let (bytes, lines) = match pull.source.kind {
            SourceKind::Jsonl => jsonl::read(rows, &from)?,
            SourceKind::Csv => whole(&path, csv::read(rows)?)?,
            SourceKind::Parquet => whole(&path, parquet::read(rows, pull.name)?)?,
            SourceKind::Sqlite | SourceKind::Postgres => unreachable!("databases are read elsewhere"),
        };
        let head_bytes = bytes.min(HEAD_BYTES);
        let head = head_of(&path, head_bytes)?;
        let state = FileState { bytes, lines, modified_micros: now.modified_micros, head, head_bytes };
        pull.state.files.insert(state_key, state);
    }
    if let Some(table) = table {
        pull.report.rows_new += table.finish(None, pull.state)?;
    }
    Ok(())
}

fn open_table(pull: &SourcePull<'_>) -> Result<RawTable, Error> {
    let key = pull.source.key.get(TABLE).cloned().unwrap_or_default();
    RawTable::open(pull.name, TABLE, Vec::new(), key, pull.raw_folder, pull.state)
}

/// Returns the bytes and lines of a file that was read to its end.
fn whole(path: &Path, lines: u64) -> Result<(u64, u64), Error> {
    Ok((stat(path)?.bytes, lines))
}

fn is_unchanged(before: &FileState, now: &FileState) -> bool {
    before.bytes == now.bytes && before.modified_micros == now.modified_micros
}

fn matching(pull: &SourcePull<'_>) -> Result<Vec<PathBuf>, Error> {
    let pattern = in_project(pull.project, &pull.source.url);
    let wrong = |problem| pull.error(problem, "check `url` in plumb.toml; it is relative to the project folder");
    let mut paths: Vec<PathBuf> = glob::glob(&pattern.to_string_lossy())
        .map_err(|error| wrong(format!("`{}` is not a file pattern: {error}", pull.source.url)))?
        .filter_map(Result::ok)
        .filter(|path| path.is_file())
        .collect();
    if paths.is_empty() {
        return Err(wrong(format!("no file matches `{}`", pattern.display())));
    }
    paths.sort();
    Ok(paths)
}

/// Returns a file's path in the project, or the whole path of one outside.
pub(super) fn label_of(project: &Path, path: &Path) -> String {
    path.strip_prefix(project).unwrap_or(path).display().to_string()
}

/// Returns the key of a file in the state of the raw rows.
pub(super) fn state_key(source: &str, label: &str) -> String {
    format!("{source}:{label}")
}

pub(super) fn stat(path: &Path) -> Result<FileState, Error> {
    let metadata = std::fs::metadata(path).map_err(Error::file("read", path))?;
    let modified_micros = metadata
        .modified()
        .ok()
        .and_then(|modified| modified.duration_since(std::time::UNIX_EPOCH).ok())
        .map_or(0, |since| since.as_micros() as i64);
    Ok(FileState { bytes: metadata.len(), modified_micros, ..FileState::default() })
}

/// A file with an unchanged beginning has grown; any other is read from its start, and its known rows are skipped.
fn resume_point(path: &Path, before: Option<FileState>) -> Result<FileState, Error> {
    let Some(before) = before else { return Ok(FileState::default()) };
    let same_head = stat(path)?.bytes >= before.bytes && head_of(path, before.head_bytes)? == before.head;
    Ok(if same_head { before } else { FileState::default() })
}

fn head_of(path: &Path, bytes: u64) -> Result<String, Error> {
    let mut head = Vec::new();
    File::open(path).and_then(|file| file.take(bytes).read_to_end(&mut head)).map_err(Error::file("read", path))?;
    Ok(hex(Sha256::digest(&head)))
}
