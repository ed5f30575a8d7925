//! Files of a source: which are new or have grown, and from where each is read on.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use plumb_tables::{Input, ReadingPlan};
use sha2::{Digest, Sha256};

use super::file_reader::{FileReader, plan_of};
use super::file_rows::FileRows;
use super::lost_rows::{EXAMPLES, LostRows};
use super::source::in_project;
use super::source_pull::{SourcePull, table_error};
use super::{jsonl, parquet, records};
use crate::error::Error;
use crate::hash::hex;
use crate::raw::{FileState, RawTable};
use crate::remote::{Found, fetch, is_url, list};

/// The table's name in SQL: `<source>.records`.
const TABLE: &str = "records";

/// Bytes of a file's beginning that must not change while it grows.
const HEAD_BYTES: u64 = 4096;

/// The times of files go on in steps, of 10 ms at most.
const TICK: Duration = Duration::from_millis(20);

/// How often a file is looked at that has changed a moment ago.
const LOOKS_MAX: usize = 5;

/// A file of a source.
struct SourceFile {
    /// The path in the project, or the URL, for the origin of rows.
    label: String,
    place: Place,
    /// Its size and time.
    now: FileState,
}

/// Where a file is.
enum Place {
    Local(PathBuf),
    /// Its URL, with what must not be shown.
    Remote(String),
}

/// Copies the new rows of all files of a source.
pub(super) async fn pull(pull: &mut SourcePull<'_>) -> Result<(), Error> {
    let mut table: Option<RawTable> = None;
    let plan = plan_of(pull)?;
    for SourceFile { label, place, now } in files(pull).await? {
        let state_key = state_key(pull.name, &label);
        let before = pull.state.files.get(&state_key).cloned();
        if before.as_ref().is_some_and(|before| is_unchanged(before, &now)) {
            pull.report.files_unchanged += 1;
            continue;
        }
        let input = input_of(pull, &label, place).await?;
        let path = input.path.clone();
        let from = resume_point(&path, before)?;
        let table = match &mut table {
            Some(table) => table,
            None => table.insert(open_table(pull)?),
        };
        // What is wrong still is rejected again.
        pull.state.forget_rejected(&label, from.lines + 1);
        // Opened before: a fetched file loses its name once it was read.
        let opened = File::open(&path).map_err(Error::file("open", &path))?;
        let (bytes, lines) = read(pull, &plan, table, input, &opened, &from)?;
        let head_bytes = bytes.min(HEAD_BYTES);
        let head = head_of(opened, head_bytes).map_err(Error::file("read", &path))?;
        let state = FileState { bytes, lines, modified_micros: now.modified_micros, head, head_bytes };
        pull.state.files.insert(state_key, state);
    }
    if let Some(table) = table {
        pull.note_rounded_keys(&table);
        pull.report.rows_new += table.finish(pull.state)?;
    }
    Ok(())
}

/// Opens a file, which is fetched if it is not on this machine.
async fn input_of(pull: &SourcePull<'_>, label: &str, place: Place) -> Result<Input, Error> {
    match place {
        Place::Local(path) => {
            let mut input = Input::open(&path).map_err(|error| pull.table_error(error))?;
            label.clone_into(&mut input.name);
            Ok(input)
        }
        Place::Remote(url) => {
            let mib = |bytes: u64| bytes / (1 << 20);
            let progress =
                |so_far, all| (pull.progress)(&format!("fetching {label}: {} of {} MiB", mib(so_far), mib(all)));
            fetch(&url, &progress).await
        }
    }
}

/// Reads one file, and returns its bytes and lines.
fn read(
    pull: &mut SourcePull<'_>,
    plan: &ReadingPlan,
    table: &mut RawTable,
    input: Input,
    opened: &File,
    from: &FileState,
) -> Result<(u64, u64), Error> {
    let (label, path) = (&input.name.clone(), &input.path.clone());
    let reader = FileReader::of(pull, plan, input)?;
    let is_continued = matches!(reader, FileReader::GrowingLines { .. }) && from.bytes > 0;
    let rejected_before = pull.rejected.len();
    let mut rows =
        FileRows { path, label, table, rejected: pull.rejected, rejected_rows: 0, rows: 0, report: &mut pull.report };
    let mut notes = Vec::new();
    let (bytes, lines) = match &reader {
        FileReader::GrowingLines { .. } => jsonl::read(&mut rows, from)?,
        FileReader::Parquet { .. } => whole(opened, path, parquet::read(&mut rows, pull.name)?)?,
        FileReader::Records(source) => {
            let lines = records::read(&mut rows, source.as_ref());
            notes = source.notes().to_vec();
            whole(opened, path, lines.map_err(|error| table_error(pull.name, error))?)?
        }
    };
    let rows = rows.rows;
    let rejected = &pull.rejected[rejected_before..];
    let mut lost = LostRows {
        rows,
        lost: rejected.len() as u64,
        examples: rejected.iter().take(EXAMPLES).map(ToString::to_string).collect(),
    };
    if is_continued {
        // A line that is wrong among few new ones is one among all lines of the file.
        let known = pull.state.rejected.iter().filter(|row| row.file == *label && row.line <= from.lines);
        lost.lost += known.count() as u64;
        lost.rows += from.lines;
    }
    lost.check(pull, label)?;
    pull.add_notes(label, &notes);
    Ok((bytes, lines))
}

fn open_table(pull: &SourcePull<'_>) -> Result<RawTable, Error> {
    let key = pull.source.key.get(TABLE).cloned().unwrap_or_default();
    RawTable::open(pull.name, TABLE, Vec::new(), key, pull.raw_folder, pull.state)
}

/// Returns the bytes and lines of a file that was read to its end.
fn whole(opened: &File, path: &Path, lines: u64) -> Result<(u64, u64), Error> {
    Ok((opened.metadata().map_err(Error::file("read", path))?.len(), lines))
}

fn is_unchanged(before: &FileState, now: &FileState) -> bool {
    // A server of the web may not say when a file was changed.
    before.bytes == now.bytes && before.modified_micros == now.modified_micros && now.modified_micros != 0
}

/// Returns the files of a source, in the order of their names.
async fn files(pull: &SourcePull<'_>) -> Result<Vec<SourceFile>, Error> {
    if is_url(&pull.source.url) {
        let found = list(&pull.source.url).await?.into_iter();
        let file = |found: Found| SourceFile {
            label: found.label,
            place: Place::Remote(found.url),
            now: FileState { bytes: found.bytes, modified_micros: found.modified_micros, ..FileState::default() },
        };
        return Ok(found.map(file).collect());
    }
    let mut files = Vec::new();
    for path in matching(pull)? {
        let label = label_of(pull.project, &path);
        files.push(SourceFile { label, now: settled(&path).await?, place: Place::Local(path) });
    }
    Ok(files)
}

/// Returns a file's size and time once the clock has gone on since that time: a file that is changed twice within a tick of it
/// has one time, and the second change would never be noticed. One that changes all the time has none, so that it is read again.
async fn settled(path: &Path) -> Result<FileState, Error> {
    for _ in 0..LOOKS_MAX {
        let now = stat(path)?;
        let age = chrono::Utc::now().timestamp_micros() - now.modified_micros;
        if !(0..TICK.as_micros() as i64).contains(&age) {
            return Ok(now);
        }
        tokio::time::sleep(TICK).await;
    }
    Ok(FileState { modified_micros: 0, ..stat(path)? })
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
    let file = File::open(path).map_err(Error::file("open", path))?;
    let head = head_of(file, before.head_bytes).map_err(Error::file("read", path))?;
    let same_head = stat(path)?.bytes >= before.bytes && head == before.head;
    Ok(if same_head { before } else { FileState::default() })
}

fn head_of(file: File, bytes: u64) -> std::io::Result<String> {
    let mut head = Vec::new();
    file.take(bytes).read_to_end(&mut head)?;
    Ok(hex(Sha256::digest(&head)))
}
