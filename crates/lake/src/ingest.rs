//! From the sources to the ground: copies new rows, derives the relations, and makes both visible in one step.

use futures::FutureExt;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::cluster::Cluster;
use crate::current::Current;
use crate::engine::SqlLimits;
use crate::error::Error;
use crate::future::LakeFuture;
use crate::ground::{
    self, Counts, EarlierGround, GroundNote, KeptFolder, Origin, RULES, RawRows, Report, RunOver, SharedFiles, Spill,
    Undated, Version, derive,
};
use crate::hash::hex;
use crate::lock::DataLock;
use crate::posted::with_posted;
use crate::publish::{self, NewGround, Published, publish};
use crate::raw::{self, Part, RejectedRow, State};
use crate::sources::{Pulled, Source, SourceReport, pull, with_asked};
use crate::sql_file::SqlFile;
use crate::sql_hash::hashes_of;

/// The part of a data folder that an ingestion locks: the raw rows and the ground.
pub const GROUND_AREA: &str = "ground";

/// The report of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct IngestReport {
    /// A report a source, in the order of their names.
    pub sources: Vec<SourceReport>,
    /// Rows that were rejected for the first time, unless nothing had changed.
    pub rejected: Vec<RejectedRow>,
    /// Rows rejected by all runs so far: the lines of `rejects.csv`.
    pub rejected_total: usize,
    /// The file that lists them.
    pub rejected_file: PathBuf,
    /// Counts of the ground.
    pub counts: Counts,
    /// The file that lists the rows of no lead.
    pub unmatched_file: PathBuf,
    /// Undated fields, an entry a file.
    pub undated: Vec<Undated>,
    /// What of the relations somebody should look at.
    pub notes: Vec<GroundNote>,
    /// Whether nothing had changed, so that the ground is as it was.
    pub unchanged: bool,
    /// What the files of events were run over, unless nothing had changed; the files of other relations are run over all rows.
    pub run_over: Vec<RunOver>,
    /// Why the ground was derived again though nothing had changed: which of its files was damaged.
    pub damaged: Option<String>,
}

/// How an ingestion derives the ground.
#[derive(Clone, Copy)]
pub struct Deriving<'a> {
    /// Limits of each query.
    pub limits: &'a SqlLimits,
    /// The cluster that queries run on, if any.
    pub cluster: Option<&'a Cluster>,
    /// Whether everything is derived anew, also what the version before has. The files are the same.
    pub is_full: bool,
}

impl<'a> Deriving<'a> {
    /// Returns how what is new is derived, in this process.
    pub fn here(limits: &'a SqlLimits) -> Deriving<'a> {
        Deriving { limits, cluster: None, is_full: false }
    }
}

/// Copies the new rows of the sources into the data folder that is locked, as [`GROUND_AREA`], and derives the three
/// relations by `files`.
///
/// File names in `sources` are relative to `project`. `progress` is called with each step. A run that fails or dies at any moment leaves the data folder as it was.
pub fn ingest<'a>(
    sources: &'a BTreeMap<String, Source>,
    files: &'a [SqlFile],
    project: &'a Path,
    lock: &'a DataLock,
    deriving: Deriving<'a>,
    progress: &'a (dyn Fn(&str) + Sync),
) -> LakeFuture<'a, IngestReport> {
    async move {
        let data = lock.data();
        let before = Current::load(data)?;
        let known = publish::state(data, &before)?;
        publish::remove_leftovers(data, &before, &known)?;
        let raw_folder = data.join("raw");
        progress("checking the raw rows");
        raw::check_parts(&raw_folder, &known)?;
        let mut hashed = known.clone();
        raw::note_hashes(&raw_folder, &mut hashed)?;
        let sources = with_asked(with_posted(sources, data)?, files);
        let mut pulled = pull(&sources, project, &raw_folder, hashed, progress).await?;
        let version = match Version::current(data) {
            Err(damaged @ Error::Damaged { .. }) => Err(damaged.to_string()),
            version => Ok(version?),
        };
        let derivation = Derivation { files, data, state: &pulled.state, deriving, progress };
        let derived = derivation.run(version.as_ref().ok().and_then(Option::as_ref)).await;
        let derived = derived.map_err(|error| pulled.cause_of(error))?;
        let (unchanged, run_over) = (derived.is_unchanged, derived.run_over);
        let known_rejects = match &version {
            Ok(Some(version)) => version.report.rejected.clone(),
            _ => Vec::new(),
        };
        let published = match derived.ground {
            NewGround::Same(report) if !pulled.state.differs_from(&known) && before.has_hashes() => {
                Published { current: before, report: *report }
            }
            ground => {
                let published = publish(data, &before, &pulled.state, ground)?;
                publish::remove_older(data, &before)?;
                published
            }
        };
        let report = report(data, pulled, &published, &known_rejects, unchanged);
        Ok(IngestReport { run_over, damaged: version.err(), ..report })
    }
    .boxed()
}

fn report(
    data: &Path,
    pulled: Pulled,
    published: &Published,
    known_rejects: &[RejectedRow],
    unchanged: bool,
) -> IngestReport {
    let Report { rejected: of_ground, counts, undated, notes, .. } = &published.report;
    let mut rejected = pulled.rejected;
    if !unchanged {
        rejected.extend(of_ground.iter().filter(|row| !known_rejects.contains(row)).cloned());
    }
    rejected.sort_by(|a: &RejectedRow, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    IngestReport {
        sources: pulled.sources,
        rejected,
        rejected_total: pulled.state.rejected.len() + of_ground.len(),
        rejected_file: published.rejected_file(data),
        counts: counts.clone(),
        unmatched_file: published.unmatched_file(data),
        undated: undated.clone(),
        notes: notes.clone(),
        unchanged,
        run_over: Vec::new(),
        damaged: None,
    }
}

/// The derivation of the ground from the raw rows after a run.
struct Derivation<'a> {
    files: &'a [SqlFile],
    data: &'a Path,
    state: &'a State,
    deriving: Deriving<'a>,
    progress: &'a (dyn Fn(&str) + Sync),
}

/// The ground after a run, and whether it has the same rows as before.
struct Derived {
    ground: NewGround,
    is_unchanged: bool,
    /// What the files of events were run over.
    run_over: Vec<RunOver>,
}

impl Derivation<'_> {
    /// Derives the relations, unless the current version was derived from the same.
    async fn run(&self, current: Option<&Version>) -> Result<Derived, Error> {
        let derived_from = fingerprint(self.state, self.files);
        let is_unchanged = current.is_some_and(|version| version.report.derived_from == derived_from);
        // An earlier program may have left a version without hashes half written, so that nothing of it is used.
        let current = current.filter(|version| version.has_hashes());
        if let Some(version) = current.filter(|_| is_unchanged && !self.deriving.is_full) {
            let ground = NewGround::Same(Box::new(version.report.clone()));
            return Ok(Derived { ground, is_unchanged, run_over: Vec::new() });
        }
        (self.progress)("deriving leads, events and outcomes");
        let earlier = current.filter(|_| !self.deriving.is_full);
        let partitions = earlier.map_or_else(|| Ok(Vec::new()), Version::partitions)?;
        let histories = earlier.map_or(&[][..], Version::histories);
        let kept = earlier.map_or(Ok(None), Version::kept)?;
        let folder = KeptFolder::open(self.data)?;
        let earlier = EarlierGround { histories, partitions: &partitions, kept: kept.as_ref(), folder: Some(&folder) };
        let shared = SharedFiles::open(self.data, current.into_iter().flat_map(Version::shared))?;
        let new_session = self.deriving.cluster.map(|cluster| || cluster.session());
        let spill = Spill::open(self.data)?;
        let raw = RawRows {
            folder: &self.data.join("raw"),
            state: self.state,
            cluster: new_session.as_ref().map(|new_session| new_session as ground::NewSession<'_>),
            limits: self.deriving.limits,
            spill: spill.path(),
        };
        let mut relations = derive(raw, self.files, earlier, &shared).await?;
        let run_over = std::mem::take(&mut relations.run_over);
        let origin = Origin { derived_from, source_sql: hashes_of(self.files) };
        Ok(Derived { ground: NewGround::Derived(Box::new(relations), origin), is_unchanged, run_over })
    }
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
        let state = publish::state(data, &Current::load(data)?)?;
        for run in state.runs() {
            let then = state.until(run);
            if fingerprint(&then, files) == ground {
                raw::check_parts(&raw_folder, &then)?;
                let spill = Spill::open(into)?;
                let rows = RawRows { folder: &raw_folder, state: &then, cluster: None, limits, spill: spill.path() };
                let origin = Origin { derived_from: ground.to_owned(), source_sql: hashes_of(files) };
                let shared = SharedFiles::open(into, [])?;
                publish::publish_ground(into, derive(rows, files, EarlierGround::default(), &shared).await?, origin)?;
                return Ok(true);
            }
        }
        Ok(false)
    }
    .boxed()
}

/// Hashes what the ground is derived from: all that a later run adds to, so that an earlier state is recognised.
pub(crate) fn fingerprint(state: &State, files: &[SqlFile]) -> String {
    let mut hasher = Sha256::new();
    for (name, table) in state.tables.iter().filter(|(_, table)| !table.parts.is_empty()) {
        let parts: Vec<_> = table.parts.iter().map(Part::identity).collect();
        hasher.update(serde_json::to_vec(&(name, &table.key, parts)).expect("names and paths become JSON"));
    }
    for file in files {
        hasher.update(serde_json::to_vec(&(&file.name, &file.sql)).expect("texts become JSON"));
    }
    // The program's own rules count too: another version may derive something else from the same rows.
    hasher.update(env!("CARGO_PKG_VERSION"));
    hasher.update([RULES]);
    hex(hasher.finalize())
}
