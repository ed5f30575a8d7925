//! Rows that callers have posted to the server, in files of the data folder: sources of every ingestion that no
//! `plumb.toml` names.
//!
//! ```text
//! posted/events/0193….jsonl   events, a line each
//! posted/leads/0193….jsonl    fields of leads, a line each
//! ```
//!
//! The program that receives them writes the lines; here is what of them an ingestion reads.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use plumb_connectors::CellKind;

use crate::current::Current;
use crate::error::Error;
use crate::publish;
use crate::raw::TableState;
use crate::sources::{Source, SourceKind};

/// The source of posted events: its raw table is `posted_events.records`.
pub const POSTED_EVENTS: &str = "posted_events";

/// The source of posted fields of leads: its raw table is `posted_leads.records`.
pub const POSTED_LEADS: &str = "posted_leads";

/// The object of a posted line that has the fields of a lead or the attributes of an event.
pub const POSTED_FIELDS: &str = "field";

/// What the raw columns of these begin with: nested names are joined by `_`.
pub(crate) const FIELD_PREFIX: &str = "field_";

/// The column of the `event` relation that has the id of a posted event. Ids of other sources are not compared with it.
pub(crate) const POSTED_ID: &str = "posted_id";

/// The columns of each posted event, beside its attributes.
const EVENT_COLUMNS: [&str; 8] = ["event_id", "lead_key", "kind", "at", "received_at", "written", "content", "others"];

/// The columns of each row of posted fields, beside these.
const LEAD_COLUMNS: [&str; 11] = [
    "row_id",
    "lead_key",
    "created_at",
    "said_at",
    "deleted_at",
    "restored_at",
    "merged_into",
    "received_at",
    "written",
    "content",
    "others",
];

/// How much of each file of posted rows a version of the ground has, in bytes, by the file's name.
pub type PostedBytes = BTreeMap<String, u64>;

/// Returns the folder of a posted source in a data folder.
pub fn posted_folder(data: &Path, source: &str) -> PathBuf {
    data.join("posted").join(source.trim_start_matches("posted_"))
}

/// Returns the sources of a project with the posted ones that have files.
pub(crate) fn with_posted(sources: &BTreeMap<String, Source>, data: &Path) -> Result<BTreeMap<String, Source>, Error> {
    let mut all = sources.clone();
    let data = std::path::absolute(data).map_err(Error::file("find", data))?;
    for name in [POSTED_EVENTS, POSTED_LEADS] {
        let folder = posted_folder(&data, name);
        let entries = std::fs::read_dir(&folder).into_iter().flatten().filter_map(Result::ok);
        if entries.into_iter().any(|entry| entry.path().extension().is_some_and(|ending| ending == "jsonl")) {
            let pattern = format!("{}/*.jsonl", glob::Pattern::escape(&folder.to_string_lossy()));
            // What a machine that lost its power has left torn was never acknowledged; each line is listed all the same.
            all.insert(name.to_owned(), Source { allow_lost: 100.0, ..Source::new(SourceKind::Jsonl, pattern) });
        }
    }
    Ok(all)
}

/// Returns raw tables with those of posted rows, and all columns that the server writes: SQL of a project may name them
/// before the first row has them.
pub(crate) fn with_posted_columns(tables: &BTreeMap<String, TableState>) -> BTreeMap<String, TableState> {
    let mut all = tables.clone();
    for (source, columns) in [(POSTED_EVENTS, &EVENT_COLUMNS[..]), (POSTED_LEADS, &LEAD_COLUMNS[..])] {
        let table = all.entry(format!("{source}.records")).or_default();
        for column in columns {
            if !table.columns.iter().any(|(known, _)| known == column) {
                table.columns.push(((*column).to_owned(), CellKind::Text));
            }
        }
    }
    all
}

/// Returns how much of the posted files the current raw rows have, by source, and the folder of the version of the ground
/// that was derived from them.
pub(crate) fn posted_bytes(data: &Path) -> Result<(Option<PathBuf>, BTreeMap<String, PostedBytes>), Error> {
    let current = Current::load(data)?;
    let state = publish::state(data, &current)?;
    let mut read: BTreeMap<String, PostedBytes> = BTreeMap::new();
    for (key, file) in &state.files {
        let Some((source, label)) = key.split_once(':') else { continue };
        if [POSTED_EVENTS, POSTED_LEADS].contains(&source) {
            let name = Path::new(label).file_name().unwrap_or_default().to_string_lossy().into_owned();
            // A data folder that was moved has the same file under two paths.
            let bytes = read.entry(source.to_owned()).or_default().entry(name).or_default();
            *bytes = file.bytes.max(*bytes);
        }
    }
    let version = current.report.and_then(|report| data.join(report.path).parent().map(Path::to_owned));
    Ok((version, read))
}
