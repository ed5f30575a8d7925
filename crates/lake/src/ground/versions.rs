//! The ground on disk: the three relations as Parquet. A version is a list of files, and never changes.
//!
//! ```text
//! ground/000007/report.json   counts, rejected rows, what the version was derived from, and the hash of each file
//! ground/000007/unmatched.csv the rows that belong to no lead
//! ground/000007/partitions.json what each partition gave, for the next run
//! ground/000007/kept.json     what is kept of its events, for the next run
//! ground/files/*.parquet      the files of the relations and of the histories of leads, which versions share
//! ```
//!
//! The versions of an earlier program have their files in their own folders: `lead.parquet`, `event/2026-03.parquet`,
//! `outcome.parquet`. They are read as long as they are current.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::derivation::{Counts, DerivedPartition, GroundNote, KeptEvents, LeadHistory, Relations, Undated};
use super::in_use::InUse;
use super::relation_lists::{RelationLists, shared_path};
use crate::current::{Current, FileRef};
use crate::error::Error;
use crate::files::csv_file::csv_of;
use crate::files::file_hash::{FileHash, check_files};
use crate::files::replace_file::{name_folder, temporary_folder, write_atomically};
use crate::raw::RejectedRow;

/// What to do if a version is damaged: everything in it is derived.
const DERIVE_AGAIN: &str = "run `plumb ingest`, which derives it again";

/// The file of a version that lists the rows of no lead.
pub(crate) const UNMATCHED: &str = "unmatched.csv";

/// The file of a version that says what each partition gave.
const PARTITIONS: &str = "partitions.json";

/// The file of a version that says what is kept of its events.
const KEPT: &str = "kept.json";

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
    /// The histories of undated leads, for the next run. Those of an earlier program are built again.
    #[serde(default)]
    histories: Vec<LeadHistory>,
    /// The files of the relations; `None` if an earlier program wrote them into the version's own folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    relations: Option<RelationLists>,
    /// The kept files that the version needs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    kept: Vec<FileHash>,
    /// The hash of each file in the version's own folder by its path; empty if an early program wrote it.
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
        let version = Version { folder, report, _in_use: in_use };
        let own = version.report.files.iter().map(|(name, hash)| (version.folder.join(name), hash));
        let shared = version.shared().map(|hash| (shared_path(version.ground(), hash), hash));
        check_files(&own.chain(shared).collect::<Vec<(PathBuf, &FileHash)>>(), DERIVE_AGAIN)?;
        Ok(version)
    }

    /// Returns the folder of the ground.
    fn ground(&self) -> &Path {
        self.folder.parent().unwrap_or(Path::new("."))
    }

    /// Returns the files that it shares with other versions.
    pub(crate) fn shared(&self) -> impl Iterator<Item = &FileHash> {
        self.report.shared()
    }

    /// Returns the files of a relation: in the order of leads, unless an earlier program wrote them.
    pub(crate) fn files_of(&self, relation: &str) -> Result<Vec<PathBuf>, Error> {
        if let Some(lists) = &self.report.relations {
            return Ok(lists.of(relation).iter().map(|file| shared_path(self.ground(), file)).collect());
        }
        match relation {
            "event" => files_in(&self.folder.join("event")),
            other => Ok(vec![self.folder.join(format!("{other}.parquet"))]),
        }
    }

    /// Returns whether the hashes of its files are known.
    pub(crate) fn has_hashes(&self) -> bool {
        !self.report.files.is_empty()
    }

    /// Returns the histories of its undated leads.
    pub(crate) fn histories(&self) -> &[LeadHistory] {
        // Those of an earlier program are not among the shared files.
        if self.report.relations.is_some() { &self.report.histories } else { &[] }
    }

    /// Returns what its partitions gave; nothing if another program wrote it.
    pub(crate) fn partitions(&self) -> Result<Vec<DerivedPartition>, Error> {
        Ok(self.parsed(PARTITIONS)?.unwrap_or_default())
    }

    /// Returns what is kept of its events, if anything is.
    pub(crate) fn kept(&self) -> Result<Option<KeptEvents>, Error> {
        Ok(self.parsed(KEPT)?.flatten())
    }

    /// Reads a file of the version, which is as it was written; `None` if there is none, or another program wrote it.
    fn parsed<T: serde::de::DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Error> {
        if !self.report.files.contains_key(name) {
            return Ok(None);
        }
        let path = self.folder.join(name);
        let content = std::fs::read(&path).map_err(Error::file("read", &path))?;
        Ok(serde_json::from_slice(&content).ok())
    }
}

impl Report {
    fn shared(&self) -> impl Iterator<Item = &FileHash> {
        let histories = self.histories.iter().flat_map(|history| &history.files);
        self.relations.iter().flat_map(RelationLists::all).chain(histories)
    }
}

/// The files of all versions that are on the disk.
#[derive(Default)]
pub(super) struct ListedFiles {
    pub(super) shared: Vec<FileHash>,
    pub(super) kept: Vec<FileHash>,
}

/// Returns the files of all versions that are on the disk; `None` if a version cannot be read.
pub(super) fn files_listed(ground: &Path) -> Result<Option<ListedFiles>, Error> {
    let mut listed = ListedFiles::default();
    for entry in std::fs::read_dir(ground).map_err(Error::file("list", ground))? {
        let entry = entry.map_err(Error::file("list", ground))?;
        if entry.file_name().to_str().is_none_or(|name| name.parse::<u64>().is_err()) {
            continue;
        }
        let report = std::fs::read(entry.path().join("report.json")).ok();
        let Some(report) = report.and_then(|content| serde_json::from_slice::<Report>(&content).ok()) else {
            return Ok(None);
        };
        listed.shared.extend(report.shared().cloned());
        listed.kept.extend(report.kept);
    }
    Ok(Some(listed))
}

/// Returns the files of a folder in the order of their names.
fn files_in(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = std::fs::read_dir(folder).map_err(Error::file("list", folder))?;
    let paths: std::io::Result<Vec<PathBuf>> = entries.map(|entry| Ok(entry?.path())).collect();
    let mut paths = paths.map_err(Error::file("list", folder))?;
    paths.sort();
    Ok(paths)
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
/// once the pointer of the data folder names it. The files that it lists are on the disk already.
pub(crate) fn write(data: &Path, relations: Relations, origin: Origin) -> Result<(Report, FileRef), Error> {
    let ground = data.join("ground");
    let temporary = temporary_folder(&ground, ".version-")?;
    let Relations { lists, rejected, unmatched, counts, undated, notes, histories, partitions, kept, run_over: _ } =
        relations;
    let unmatched = unmatched_csv(&unmatched)?;
    write_atomically(&temporary.path().join(UNMATCHED), &unmatched)?;
    let partitions = serde_json::to_vec(&partitions).expect("counts and texts become JSON");
    write_atomically(&temporary.path().join(PARTITIONS), &partitions)?;
    let kept_files = kept.as_ref().map(KeptEvents::all_files).unwrap_or_default();
    let kept = serde_json::to_vec(&kept).expect("counts and texts become JSON");
    write_atomically(&temporary.path().join(KEPT), &kept)?;
    let files = [(UNMATCHED, &unmatched), (PARTITIONS, &partitions), (KEPT, &kept)];
    let files = files.map(|(name, content)| (name.to_owned(), FileHash::of_bytes(content))).into();
    let Origin { derived_from, source_sql } = origin;
    let relations = Some(lists);
    let kept = kept_files;
    let report =
        Report { derived_from, counts, rejected, undated, notes, histories, relations, kept, files, source_sql };
    let text = serde_json::to_vec_pretty(&report).expect("counts and texts become JSON");
    write_atomically(&temporary.path().join("report.json"), &text)?;
    let name = format!("{:06}", 1 + newest_number(&ground)?.max(Current::load(data)?.version()));
    name_folder(temporary, &ground.join(&name))?;
    let path = Path::new("ground").join(name).join("report.json");
    Ok((report, FileRef { path, hash: Some(FileHash::of_bytes(&text)) }))
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
