//! The ground on disk: the three relations as Parquet, one folder a version, and the pointer to the current one.
//!
//! ```text
//! ground/CURRENT              the number of the current version
//! ground/000007/lead.parquet  lead_id, created_at, known_from, known_to, fields
//! ground/000007/event/2026-03.parquet
//! ground/000007/outcome.parquet
//! ground/000007/report.json   counts, rejected rows and what the version was derived from
//! ground/000007/history/0.parquet   the history of leads whose source has no dates
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use datafusion::arrow::array::{AsArray, RecordBatch, UInt32Array};
use datafusion::arrow::compute::take_record_batch;
use datafusion::arrow::datatypes::TimestampMicrosecondType;
use serde::{Deserialize, Serialize};

use super::derivation::{Counts, LeadHistory, Relations, Undated};
use crate::error::Error;
use crate::files::parquet_files::{read_parquet, write_parquet};
use crate::files::replace_file::write_atomically;
use crate::raw::RejectedRow;
use crate::timestamp::from_micros;

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
    histories: Vec<HistoryEntry>,
}

/// One file under `history`.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct HistoryEntry {
    file: String,
    fingerprint: String,
    until: i64,
}

/// Returns the folder of the current version; `None` before the first one.
pub(crate) fn current(data: &Path) -> Result<Option<PathBuf>, Error> {
    let pointer = data.join("ground").join("CURRENT");
    match std::fs::read_to_string(&pointer) {
        Ok(version) => Ok(Some(data.join("ground").join(version.trim()))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::file("read", &pointer)(error)),
    }
}

/// Reads the report of a version.
pub(crate) fn report(version: &Path) -> Result<Report, Error> {
    let path = version.join("report.json");
    let text = std::fs::read_to_string(&path).map_err(Error::file("read", &path))?;
    serde_json::from_str(&text).map_err(|error| Error::file("understand", &path)(std::io::Error::other(error)))
}

/// Reads the histories of a version.
pub(crate) fn histories(version: &Path, report: &Report) -> Result<Vec<LeadHistory>, Error> {
    let read = |(index, entry): (usize, &HistoryEntry)| {
        let HistoryEntry { file, fingerprint, until } = entry.clone();
        Ok(LeadHistory { file, fingerprint, until, rows: read_parquet(&history_path(version, index))? })
    };
    report.histories.iter().enumerate().map(read).collect()
}

fn history_path(version: &Path, index: usize) -> PathBuf {
    version.join("history").join(format!("{index}.parquet"))
}

/// Writes a new version, makes it the current one, and returns its report. The one before stays, for its readers.
pub(crate) fn write(data: &Path, relations: Relations, derived_from: String) -> Result<Report, Error> {
    let ground = data.join("ground");
    let before = current(data)?.and_then(|version| version.file_name()?.to_str()?.parse::<u64>().ok()).unwrap_or(0);
    let name = format!("{:06}", before + 1);
    let version = ground.join(&name);
    // A run that died may have left it: nothing points to it.
    if version.exists() {
        std::fs::remove_dir_all(&version).map_err(Error::file("remove", &version))?;
    }
    std::fs::create_dir_all(version.join("event")).map_err(Error::file("create", &version))?;
    write_parquet(&version.join("lead.parquet"), &relations.lead)?;
    write_parquet(&version.join("outcome.parquet"), &relations.outcome)?;
    for (month, batch) in by_month(&relations.event)? {
        write_parquet(&version.join("event").join(format!("{month}.parquet")), &batch)?;
    }
    let histories = write_histories(&version, relations.histories)?;
    let Relations { counts, rejected, undated, .. } = relations;
    let report = Report { derived_from, counts, rejected, undated, histories };
    let text = serde_json::to_vec_pretty(&report).expect("counts and texts become JSON");
    write_atomically(&version.join("report.json"), &text)?;
    write_atomically(&ground.join("CURRENT"), name.as_bytes())?;
    remove_older(&ground, before)?;
    Ok(report)
}

fn write_histories(version: &Path, histories: Vec<LeadHistory>) -> Result<Vec<HistoryEntry>, Error> {
    std::fs::create_dir_all(version.join("history")).map_err(Error::file("create", version))?;
    let mut entries = Vec::with_capacity(histories.len());
    for (index, history) in histories.into_iter().enumerate() {
        write_parquet(&history_path(version, index), &history.rows)?;
        let LeadHistory { file, fingerprint, until, .. } = history;
        entries.push(HistoryEntry { file, fingerprint, until });
    }
    Ok(entries)
}

fn remove_older(ground: &Path, keep_from: u64) -> Result<(), Error> {
    let entries = std::fs::read_dir(ground).map_err(Error::file("list", ground))?;
    for entry in entries.filter_map(Result::ok) {
        let number = entry.file_name().to_str().and_then(|name| name.parse::<u64>().ok());
        if number.is_some_and(|number| number < keep_from) {
            std::fs::remove_dir_all(entry.path()).map_err(Error::file("remove", &entry.path()))?;
        }
    }
    Ok(())
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
