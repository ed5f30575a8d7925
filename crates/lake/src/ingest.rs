//! From the sources to the ground: copies new rows, derives the relations and reports counts.

use futures::FutureExt;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::cluster::Cluster;
use crate::engine::SqlLimits;
use crate::error::Error;
use crate::files::replace_file::write_atomically;
use crate::future::LakeFuture;
use crate::ground::{self, Counts, RawRows, Report, Spill, Undated, derive};
use crate::hash::hex;
use crate::raw::{RejectedRow, State};
use crate::sources::{Source, SourceReport, pull};
use crate::sql_file::SqlFile;

/// The report of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IngestReport {
    /// A report a source, in the order of their names.
    pub sources: Vec<SourceReport>,
    /// Rows that were rejected for the first time, unless nothing had changed.
    pub rejected: Vec<RejectedRow>,
    /// Rows rejected by all runs so far: the lines of `rejects.csv`.
    pub rejected_total: usize,
    /// Counts of the ground.
    pub counts: Counts,
    /// Undated fields, an entry a file.
    pub undated: Vec<Undated>,
    /// Whether nothing had changed, so that the ground is as it was.
    pub unchanged: bool,
}

/// Copies the new rows of the sources into the data folder and derives the three relations by `files`.
///
/// File names in `sources` are relative to `project`. Queries run within the limits, and on the cluster, if there is one.
/// `progress` is called with each step. Rejected rows are listed in `<data>/rejects.csv`, unmatched rows in `<data>/unmatched.csv`. A run that
/// dies half-way leaves the ground as it was.
pub fn ingest<'a>(
    sources: &'a BTreeMap<String, Source>,
    files: &'a [SqlFile],
    project: &'a Path,
    data: &'a Path,
    limits: &'a SqlLimits,
    cluster: Option<&'a Cluster>,
    progress: &'a (dyn Fn(&str) + Sync),
) -> LakeFuture<'a, IngestReport> {
    async move {
        let pulled = pull(sources, project, data, progress).await?;
        let derived_from = fingerprint(&pulled.state, files);
        let known = match ground::current(data)? {
            Some(version) => Some((ground::report(&version)?, version)),
            None => None,
        };
        let (unchanged, mut rejected, report) = match known {
            Some((report, _)) if report.derived_from == derived_from => (true, pulled.rejected, report),
            known => {
                progress("deriving leads, events and outcomes");
                let report =
                    derive_version(&pulled.state, files, data, limits, cluster, known.as_ref(), derived_from).await?;
                let before = known.map(|(report, _)| report.rejected).unwrap_or_default();
                let new = report.rejected.iter().filter(|row| !before.contains(row)).cloned();
                (false, pulled.rejected.into_iter().chain(new).collect(), report)
            }
        };
        rejected.sort_by(|a: &RejectedRow, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        let all: Vec<&RejectedRow> = pulled.state.rejected.iter().chain(&report.rejected).collect();
        write_atomically(&data.join("rejects.csv"), &rejects_csv(&all)?)?;
        let rejected_total = all.len();
        let Report { counts, undated, .. } = report;
        Ok(IngestReport { sources: pulled.sources, rejected, rejected_total, counts, undated, unchanged })
    }
    .boxed()
}

/// Derives a new version of the ground. `known` is the current one.
async fn derive_version(
    state: &State,
    files: &[SqlFile],
    data: &Path,
    limits: &SqlLimits,
    cluster: Option<&Cluster>,
    known: Option<&(Report, PathBuf)>,
    derived_from: String,
) -> Result<Report, Error> {
    let histories = match known {
        Some((report, version)) => ground::histories(version, report)?,
        None => Vec::new(),
    };
    let new_session = cluster.map(|cluster| || cluster.session());
    let spill = Spill::open(data)?;
    let raw = RawRows {
        folder: &data.join("raw"),
        state,
        cluster: new_session.as_ref().map(|new_session| new_session as ground::NewSession<'_>),
        limits,
        spill: spill.path(),
    };
    let relations = derive(raw, files, &histories).await?;
    write_atomically(&data.join("unmatched.csv"), &unmatched_csv(&relations.unmatched)?)?;
    ground::write(data, relations, derived_from)
}

/// Derives a version of the ground as it was after an earlier run, into a data folder of its own, and returns whether
/// it could: raw rows never change, but the SQL or the program may have.
///
/// `ground` is its hash, as returned by [`crate::Lake::ground_version`].
pub fn rebuild<'a>(
    data: &'a Path,
    files: &'a [SqlFile],
    limits: &'a SqlLimits,
    ground: &'a str,
    into: &'a Path,
) -> LakeFuture<'a, bool> {
    async move {
        let raw_folder = data.join("raw");
        let state = State::load(&raw_folder.join("state.json"))?;
        for run in state.runs() {
            let then = state.until(run);
            if fingerprint(&then, files) == ground {
                let spill = Spill::open(into)?;
                let raw = RawRows { folder: &raw_folder, state: &then, cluster: None, limits, spill: spill.path() };
                let relations = derive(raw, files, &[]).await?;
                ground::write(into, relations, ground.to_owned())?;
                return Ok(true);
            }
        }
        Ok(false)
    }
    .boxed()
}

/// Hashes what the ground is derived from: all that a later run adds to, so that an earlier state is recognised.
fn fingerprint(state: &State, files: &[SqlFile]) -> String {
    let mut hasher = Sha256::new();
    for (name, table) in state.tables.iter().filter(|(_, table)| !table.parts.is_empty()) {
        let identity = (name, &table.key, &table.parts);
        hasher.update(serde_json::to_vec(&identity).expect("names and paths become JSON"));
    }
    for file in files {
        hasher.update(serde_json::to_vec(&(&file.name, &file.sql)).expect("texts become JSON"));
    }
    // The program's own rules count too: another version may derive something else from the same rows.
    hasher.update(env!("CARGO_PKG_VERSION"));
    hex(hasher.finalize())
}

fn rejects_csv(rejected: &[&RejectedRow]) -> Result<Vec<u8>, Error> {
    let header = ["file", "line", "field", "reason"];
    let rows =
        rejected.iter().map(|row| [row.file.clone(), row.line.to_string(), row.field.clone(), row.reason.clone()]);
    csv_of("rejects.csv", header, rows)
}

fn unmatched_csv(unmatched: &[(&'static str, String, usize)]) -> Result<Vec<u8>, Error> {
    let rows = unmatched.iter().map(|(relation, key, rows)| [(*relation).to_owned(), key.clone(), rows.to_string()]);
    csv_of("unmatched.csv", ["relation", "key", "rows"], rows)
}

fn csv_of<const N: usize>(
    name: &str,
    header: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> Result<Vec<u8>, Error> {
    let failed = |error: csv::Error| Error::file("write", Path::new(name))(std::io::Error::other(error));
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header).map_err(failed)?;
    for row in rows {
        writer.write_record(row).map_err(failed)?;
    }
    writer.into_inner().map_err(|error| Error::file("write", Path::new(name))(std::io::Error::other(error.to_string())))
}
