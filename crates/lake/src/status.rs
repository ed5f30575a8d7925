//! What a data folder holds and whether it is up to date with its sources: by small files alone, so that it is quick
//! however much data there is.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::Path;

use chrono::{DateTime, Utc};
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde::Serialize;

use crate::current::Current;
use crate::error::Error;
use crate::ground::{Counts, current_report};
use crate::ingest::fingerprint;
use crate::posted::with_posted;
use crate::publish;
use crate::raw::State;
use crate::sources::{FileChange, Source, changed_files};
use crate::sql_file::SqlFile;
use crate::timestamp::from_micros;

/// The current version of the ground, and the raw rows that it was derived from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GroundStatus {
    /// The hash of the raw rows, the SQL and the program that it was derived from.
    pub version: String,
    /// Its number: the name of its folder.
    pub number: u64,
    /// When the last ingestion began that changed anything.
    pub ingested_at: DateTime<Utc>,
    /// Rows of its relations.
    pub counts: Counts,
    /// The hash of each of the sources' files of SQL that it was derived by, by its name; empty if an earlier program
    /// derived it.
    pub source_sql: BTreeMap<String, String>,
    /// Whether the same raw rows, SQL and program would give it again.
    pub is_current: bool,
    /// The sources, in the order of their names.
    pub sources: Vec<SourceStatus>,
}

/// A source and its raw rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SourceStatus {
    /// Its name.
    pub name: String,
    /// Whether `plumb.toml` has it; the raw rows of one that was taken out stay.
    pub is_configured: bool,
    /// Its raw tables.
    pub tables: Vec<String>,
    /// Rows that were stored, newer versions of a row included.
    pub rows: u64,
    /// When the newest of them were learned; `None` if there are none.
    pub newest_at: Option<DateTime<Utc>>,
    /// Its files that are not as they were at the last ingestion. Databases are not asked.
    pub changed_files: Vec<FileChange>,
    /// An environment variable that it needs and that is not set here, so that nobody knows whether it has changed.
    pub unset_variable: Option<String>,
    /// Since when it cannot be read, and why; `None` if the last ingestion has read it.
    pub failure: Option<FailedSource>,
}

/// A source that the last ingestion could not read: what is known of it is as old as that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FailedSource {
    /// Its name.
    pub source: String,
    /// When the first ingestion began that could not read it.
    pub since: DateTime<Utc>,
    /// Why the last one could not, and what to do.
    pub problem: String,
}

/// Returns the sources that the last ingestion of a data folder could not read.
pub fn failed_sources(data: &Path) -> Result<Vec<FailedSource>, Error> {
    let state = publish::state(data, &Current::load(data)?)?;
    Ok(state.failures.keys().filter_map(|name| failure_of(&state, name)).collect())
}

/// Returns a time that somebody has written to the second, moved to the newest ingestion that began within that second, if
/// there is one: what it brought was learned in that second, and a time without a fraction is the whole of it.
pub fn with_ingestion_of_second(data: &Path, time: DateTime<Utc>) -> Result<DateTime<Utc>, Error> {
    if time.timestamp_subsec_nanos() > 0 {
        return Ok(time);
    }
    let state = publish::state(data, &Current::load(data)?)?;
    let runs = state.runs().into_iter().map(from_micros);
    Ok(runs.filter(|run| run.timestamp() == time.timestamp()).max().unwrap_or(time))
}

fn failure_of(state: &State, name: &str) -> Option<FailedSource> {
    let failure = state.failures.get(name)?;
    let (source, problem) = (name.to_owned(), failure.problem.clone());
    Some(FailedSource { source, since: from_micros(failure.since), problem })
}

/// Returns the state of a data folder; `None` before the first ingestion. `files` are the sources' SQL as it is now.
pub fn ground_status(
    data: &Path,
    project: &Path,
    sources: &BTreeMap<String, Source>,
    files: &[SqlFile],
) -> Result<Option<GroundStatus>, Error> {
    let current = Current::load(data)?;
    let Some(report) = current_report(data)? else { return Ok(None) };
    let state = publish::state(data, &current)?;
    let sources = &with_posted(sources, data)?;
    let mut names: BTreeSet<&str> = sources.keys().map(String::as_str).collect();
    names.extend(state.tables.keys().filter_map(|table| table.split_once('.')).map(|(source, _)| source));
    let of_source = |name| source_status(data, project, name, sources.get(name), &state);
    Ok(Some(GroundStatus {
        number: current.version(),
        ingested_at: from_micros(state.learned_at),
        is_current: fingerprint(&state, files) == report.derived_from,
        sources: names.into_iter().map(of_source).collect::<Result<_, _>>()?,
        version: report.derived_from,
        counts: report.counts,
        source_sql: report.source_sql,
    }))
}

fn source_status(
    data: &Path,
    project: &Path,
    name: &str,
    source: Option<&Source>,
    state: &State,
) -> Result<SourceStatus, Error> {
    let mut status = SourceStatus {
        name: name.to_owned(),
        is_configured: source.is_some(),
        tables: Vec::new(),
        rows: 0,
        newest_at: None,
        changed_files: source.map_or_else(Vec::new, |source| changed_files(project, name, source, &state.files)),
        unset_variable: source.and_then(|source| source.unset_variable.clone()),
        failure: failure_of(state, name),
    };
    for (table, of_table) in &state.tables {
        let Some((of_source, table)) = table.split_once('.') else { continue };
        if of_source != name {
            continue;
        }
        status.tables.push(table.to_owned());
        for part in &of_table.parts {
            status.rows += rows_of(&data.join("raw").join(&part.path))?;
            status.newest_at = status.newest_at.max(Some(from_micros(part.learned_at)));
        }
    }
    Ok(status)
}

/// Returns the number of rows of a Parquet file, from its footer.
fn rows_of(path: &Path) -> Result<u64, Error> {
    let file = File::open(path).map_err(Error::file("open", path))?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).map_err(Error::engine("read raw rows"))?;
    Ok(reader.metadata().file_metadata().num_rows().unsigned_abs())
}
