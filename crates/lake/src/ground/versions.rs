//! The ground on disk: the three relations as Parquet, one folder a version, which never changes.
//!
//! ```text
//! ground/000007/lead.parquet  lead_id, created_at, known_from, known_to, fields
//! ground/000007/event/2026-03.parquet
//! ground/000007/outcome.parquet
//! ground/000007/history/0.parquet   the history of leads whose source has no dates
//! ground/000007/unmatched.csv the rows that belong to no lead
//! ground/000007/report.json   counts, rejected rows, what the version was derived from, and the hash of each file
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use datafusion::arrow::array::{AsArray, RecordBatch, UInt32Array};
use datafusion::arrow::compute::take_record_batch;
use datafusion::arrow::datatypes::TimestampMicrosecondType;
use serde::{Deserialize, Serialize};

use super::derivation::{Counts, GroundNote, LeadHistory, Relations, Undated};
use super::in_use::InUse;
use crate::current::{Current, FileRef};
use crate::error::Error;
use crate::files::csv_file::csv_of;
use crate::files::file_hash::{FileHash, check_files};
use crate::files::parquet_files::{read_parquet, write_parquet};
use crate::files::replace_file::{name_folder, temporary_folder, write_atomically};
use crate::raw::RejectedRow;
use crate::timestamp::from_micros;

/// What to do if a version is damaged: everything in it is derived.
const DERIVE_AGAIN: &str = "run `plumb ingest`, which derives it again";

/// The file of a version that lists the rows of no lead.
pub(crate) const UNMATCHED: &str = "unmatched.csv";

/// The report of a version: `report.json`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Report {
    /// Hash of the raw rows and the SQL that it was derived from.
    pub(crate) derived_from: String,
    pub(crate) counts: Counts,
    pub(crate) rejected: Vec<RejectedRow>,
    #[serde(default)]
    pub(crate) undated: Vec<Undated>,
    #[serde(default)]
    pub(crate) notes: Vec<GroundNote>,
    #[serde(default)]
    histories: Vec<HistoryEntry>,
    /// The hash of each file by its path in the version; empty if an earlier program wrote it.
    #[serde(default)]
    files: BTreeMap<String, FileHash>,
    /// The hash of each of the sources' files of SQL by its name; empty if an earlier program wrote it.
    #[serde(default)]
    pub(crate) source_sql: BTreeMap<String, String>,
}

/// What a version is derived from.
pub(crate) struct Origin {
    /// Hash of the raw rows, the SQL and the program.
    pub(crate) derived_from: String,
    /// The hash of each of the sources' files of SQL by its name.
    pub(crate) source_sql: BTreeMap<String, String>,
}

/// One file under `history`.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct HistoryEntry {
    file: String,
    fingerprint: String,
    until: i64,
}

/// A version whose files are as they were written.
pub(crate) struct Version {
    pub(crate) folder: PathBuf,
    pub(crate) report: Report,
    /// Keeps it from being removed; `None` if somebody else does.
    _in_use: Option<InUse>,
}

impl Version {
    /// Opens the current version, which stays while this does; `None` before the first one.
    pub(crate) fn current(data: &Path) -> Result<Option<Version>, Error> {
        loop {
            let Some(report) = Current::load(data)?.report else { return Ok(None) };
            let path = data.join(&report.path);
            let Some(in_use) = InUse::begin(&path)? else {
                // Either it was removed just now, because another one is current, or it is gone, as reading it says.
                if Current::load(data)?.report.as_ref() == Some(&report) {
                    report.read(data, DERIVE_AGAIN)?;
                }
                continue;
            };
            let parsed = parse(&path, &report.read(data, DERIVE_AGAIN)?)?;
            return Version::check(&path, parsed, Some(in_use)).map(Some);
        }
    }

    /// Opens a version by its folder, which somebody else keeps from being removed.
    #[cfg_attr(not(feature = "cluster"), expect(dead_code, reason = "executors open it"))]
    pub(crate) fn in_folder(folder: &Path) -> Result<Version, Error> {
        let path = folder.join("report.json");
        let content = std::fs::read(&path).map_err(Error::file("read", &path))?;
        Version::check(&path, parse(&path, &content)?, None)
    }

    fn check(report_path: &Path, report: Report, in_use: Option<InUse>) -> Result<Version, Error> {
        let folder = report_path.parent().unwrap_or(Path::new(".")).to_owned();
        let files: Vec<(PathBuf, &FileHash)> =
            report.files.iter().map(|(name, hash)| (folder.join(name), hash)).collect();
        check_files(&files, DERIVE_AGAIN)?;
        Ok(Version { folder, report, _in_use: in_use })
    }

    /// Returns whether the hashes of its files are known.
    pub(crate) fn has_hashes(&self) -> bool {
        !self.report.files.is_empty()
    }

    /// Reads its histories.
    pub(crate) fn histories(&self) -> Result<Vec<LeadHistory>, Error> {
        let read = |(index, entry): (usize, &HistoryEntry)| {
            let HistoryEntry { file, fingerprint, until } = entry.clone();
            let rows = read_parquet(&self.folder.join(history_file(index)))?;
            Ok(LeadHistory { file, fingerprint, until, rows })
        };
        self.report.histories.iter().enumerate().map(read).collect()
    }
}

/// Reads the report of the current version, and no other file of it; `None` before the first one.
pub(crate) fn current_report(data: &Path) -> Result<Option<Report>, Error> {
    let Some(file) = Current::load(data)?.report else { return Ok(None) };
    parse(&data.join(&file.path), &file.read(data, DERIVE_AGAIN)?).map(Some)
}

fn parse(path: &Path, content: &[u8]) -> Result<Report, Error> {
    serde_json::from_slice(content).map_err(|error| Error::Damaged {
        path: path.to_owned(),
        found: error.to_string(),
        expected: "the report of a version".to_owned(),
        way_out: DERIVE_AGAIN,
    })
}

/// Writes a new version, which is on the disk when this returns, and returns its report and where that is. It counts
/// once the pointer of the data folder names it.
pub(crate) fn write(data: &Path, relations: Relations, origin: Origin) -> Result<(Report, FileRef), Error> {
    let ground = data.join("ground");
    let temporary = temporary_folder(&ground, ".version-")?;
    let mut files = Files { folder: temporary.path(), hashes: BTreeMap::new() };
    files.folder("event")?;
    files.folder("history")?;
    files.parquet("lead.parquet", &relations.lead)?;
    files.parquet("outcome.parquet", &relations.outcome)?;
    for (month, batch) in by_month(&relations.event)? {
        files.parquet(&format!("event/{month}.parquet"), &batch)?;
    }
    let mut histories = Vec::with_capacity(relations.histories.len());
    for (index, LeadHistory { file, fingerprint, until, rows }) in relations.histories.into_iter().enumerate() {
        files.parquet(&history_file(index), &rows)?;
        histories.push(HistoryEntry { file, fingerprint, until });
    }
    files.bytes(UNMATCHED, &unmatched_csv(&relations.unmatched)?)?;
    let Relations { counts, rejected, undated, notes, .. } = relations;
    let Origin { derived_from, source_sql } = origin;
    let report = Report { derived_from, counts, rejected, undated, notes, histories, files: files.hashes, source_sql };
    let text = serde_json::to_vec_pretty(&report).expect("counts and texts become JSON");
    write_atomically(&temporary.path().join("report.json"), &text)?;
    let name = format!("{:06}", 1 + newest_number(&ground)?.max(Current::load(data)?.version()));
    name_folder(temporary, &ground.join(&name))?;
    let path = Path::new("ground").join(name).join("report.json");
    Ok((report, FileRef { path, hash: Some(FileHash::of_bytes(&text)) }))
}

/// The files of a version that is being written.
struct Files<'a> {
    folder: &'a Path,
    hashes: BTreeMap<String, FileHash>,
}

impl Files<'_> {
    fn folder(&self, name: &str) -> Result<(), Error> {
        let folder = self.folder.join(name);
        std::fs::create_dir(&folder).map_err(Error::file("create", &folder))
    }

    fn parquet(&mut self, name: &str, batch: &RecordBatch) -> Result<(), Error> {
        let hash = write_parquet(&self.folder.join(name), batch)?;
        self.hashes.insert(name.to_owned(), hash);
        Ok(())
    }

    fn bytes(&mut self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        write_atomically(&self.folder.join(name), bytes)?;
        self.hashes.insert(name.to_owned(), FileHash::of_bytes(bytes));
        Ok(())
    }
}

fn history_file(index: usize) -> String {
    format!("history/{index}.parquet")
}

fn unmatched_csv(unmatched: &[(&'static str, String, usize)]) -> Result<Vec<u8>, Error> {
    let rows = unmatched.iter().map(|(relation, key, rows)| [(*relation).to_owned(), key.clone(), rows.to_string()]);
    csv_of(UNMATCHED, ["relation", "key", "rows"], rows)
}

fn newest_number(ground: &Path) -> Result<u64, Error> {
    let entries = std::fs::read_dir(ground).map_err(Error::file("list", ground))?;
    let numbers = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    Ok(numbers.max().unwrap_or(0))
}

/// Splits events by the month in which they happened. Without any, one empty file keeps the columns.
fn by_month(events: &RecordBatch) -> Result<BTreeMap<String, RecordBatch>, Error> {
    let at = events.column_by_name("at").expect("events have a timestamp").as_primitive::<TimestampMicrosecondType>();
    let mut rows_of: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for row in 0..at.len() {
        rows_of.entry(from_micros(at.value(row)).format("%Y-%m").to_string()).or_default().push(row as u32);
    }
    if rows_of.is_empty() {
        return Ok(BTreeMap::from([("none".to_owned(), events.clone())]));
    }
    rows_of
        .into_iter()
        .map(|(month, rows)| {
            let batch =
                take_record_batch(events, &UInt32Array::from(rows)).map_err(Error::engine("split events by month"))?;
            Ok((month, batch))
        })
        .collect()
}
