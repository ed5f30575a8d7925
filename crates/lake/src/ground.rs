//! The ground on disk: the three relations as Parquet, one folder a version, and the pointer to the current one.
//!
//! ```text
//! ground/CURRENT              the number of the version that counts
//! ground/000007/lead.parquet  lead_id, created_at, known_from, known_to, fields
//! ground/000007/event/2026-03.parquet
//! ground/000007/outcome.parquet
//! ground/000007/report.json   what was counted, and from what
//! ground/000007/history/0.parquet   what was heard of leads that their source does not date
//! ```

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use datafusion::arrow::array::{AsArray, RecordBatch, UInt32Array};
use datafusion::arrow::compute::{concat_batches, take_record_batch};
use datafusion::arrow::datatypes::TimestampMicrosecondType;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use datafusion::parquet::basic::Compression;
use datafusion::parquet::file::properties::WriterProperties;
use serde::{Deserialize, Serialize};

use crate::raw::write_atomically;
use crate::relations::{Counts, History, Relations, Undated};
use crate::timestamp::from_micros;
use crate::{Error, RejectedRow};

/// Rows of a row group: small enough that one lead is found without reading much.
const ROW_GROUP_ROWS: usize = 8_192;

/// What is said beside a version.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Report {
    /// Hash of the raw layer and the SQL that it was derived from.
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

/// Returns the folder of the version that counts; `None` before the first one.
pub(crate) fn current(data: &Path) -> Result<Option<PathBuf>, Error> {
    let pointer = data.join("ground").join("CURRENT");
    match std::fs::read_to_string(&pointer) {
        Ok(version) => Ok(Some(data.join("ground").join(version.trim()))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::file("read", &pointer)(error)),
    }
}

/// Returns what is said beside a version.
pub(crate) fn report(version: &Path) -> Result<Report, Error> {
    let path = version.join("report.json");
    let text = std::fs::read_to_string(&path).map_err(Error::file("read", &path))?;
    serde_json::from_str(&text).map_err(|error| Error::file("understand", &path)(std::io::Error::other(error)))
}

/// Returns the histories that are kept beside a version.
pub(crate) fn histories(version: &Path, report: &Report) -> Result<Vec<History>, Error> {
    let read = |(index, entry): (usize, &HistoryEntry)| {
        let HistoryEntry { file, fingerprint, until } = entry.clone();
        Ok(History { file, fingerprint, until, rows: read_parquet(&history_path(version, index))? })
    };
    report.histories.iter().enumerate().map(read).collect()
}

fn history_path(version: &Path, index: usize) -> PathBuf {
    version.join("history").join(format!("{index}.parquet"))
}

/// Writes a new version, makes it the one that counts, and returns what is said beside it. The one before stays for
/// whoever is reading it.
pub(crate) fn write(data: &Path, relations: Relations, derived_from: String) -> Result<Report, Error> {
    let ground = data.join("ground");
    let before = current(data)?.and_then(|version| version.file_name()?.to_str()?.parse::<u64>().ok()).unwrap_or(0);
    let name = format!("{:06}", before + 1);
    let version = ground.join(&name);
    // Left of a run that died: nothing points to it.
    if version.exists() {
        std::fs::remove_dir_all(&version).map_err(Error::file("remove", &version))?;
    }
    std::fs::create_dir_all(version.join("event")).map_err(Error::file("create", &version))?;
    write_parquet(&version.join("lead.parquet"), &relations.lead)?;
    write_parquet(&version.join("outcome.parquet"), &relations.outcome)?;
    for (month, batch) in by_month(&relations.event)? {
        write_parquet(&version.join("event").join(format!("{month}.parquet")), &batch)?;
    }
    std::fs::create_dir_all(version.join("history")).map_err(Error::file("create", &version))?;
    let mut histories = Vec::with_capacity(relations.histories.len());
    for (index, history) in relations.histories.into_iter().enumerate() {
        write_parquet(&history_path(&version, index), &history.rows)?;
        let History { file, fingerprint, until, .. } = history;
        histories.push(HistoryEntry { file, fingerprint, until });
    }
    let Relations { counts, rejected, undated, .. } = relations;
    let report = Report { derived_from, counts, rejected, undated, histories };
    let text = serde_json::to_vec_pretty(&report).expect("counts and texts become JSON");
    write_atomically(&version.join("report.json"), &text)?;
    write_atomically(&ground.join("CURRENT"), name.as_bytes())?;
    remove_older(&ground, before)?;
    Ok(report)
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
    let at = events.column_by_name("at").expect("events have a moment").as_primitive::<TimestampMicrosecondType>();
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

/// Reads a file whole.
pub(crate) fn read_parquet(path: &Path) -> Result<RecordBatch, Error> {
    let file = File::open(path).map_err(Error::file("open", path))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(Error::engine("open a Parquet file"))?;
    let schema = builder.schema().clone();
    let reader = builder.build().map_err(Error::engine("read a Parquet file"))?;
    let batches = reader.collect::<Result<Vec<_>, _>>().map_err(Error::engine("read a Parquet file"))?;
    concat_batches(&schema, &batches).map_err(Error::engine("read a Parquet file"))
}

/// Writes a file, which is on the disk when this returns.
pub(crate) fn write_parquet(path: &Path, batch: &RecordBatch) -> Result<(), Error> {
    let file = File::create(path).map_err(Error::file("create", path))?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .build();
    let mut writer =
        ArrowWriter::try_new(file, batch.schema(), Some(properties)).map_err(Error::engine("start a Parquet file"))?;
    writer.write(batch).map_err(Error::engine("write a Parquet file"))?;
    let file = writer.into_inner().map_err(Error::engine("finish a Parquet file"))?;
    file.sync_all().map_err(Error::file("write", path))
}
