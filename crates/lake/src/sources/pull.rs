//! One run over all sources: new rows are copied into the raw rows. They count once the caller publishes the state.

use std::collections::BTreeMap;
use std::path::Path;

use super::source::{Source, SourceKind, SourceReport};
use super::source_pull::SourcePull;
use super::{files, postgres, sqlite};
use crate::error::Error;
use crate::raw::{RejectedRow, State};

/// What one run over all sources found.
pub(crate) struct Pulled {
    /// A report a source, in the order of their names.
    pub(crate) sources: Vec<SourceReport>,
    /// The rows that this run rejected.
    pub(crate) rejected: Vec<RejectedRow>,
    /// The raw rows after this run.
    pub(crate) state: State,
}

/// Copies what is new in the sources since `state` into the raw folder, and returns the state after that.
///
/// A run that dies half-way has changed nothing: the next one reads the same rows again.
pub(crate) async fn pull(
    sources: &BTreeMap<String, Source>,
    project: &Path,
    raw_folder: &Path,
    mut state: State,
    progress: &(dyn Fn(&str) + Sync),
) -> Result<Pulled, Error> {
    state.run += 1;
    // Later than the run before, even if the clock was set back.
    state.learned_at = chrono::Utc::now().timestamp_micros().max(state.learned_at + 1);
    let mut rejected = Vec::new();
    let mut reports = Vec::with_capacity(sources.len());
    for (name, source) in sources {
        progress(&format!("reading {name}"));
        let report =
            SourceReport { source: name.clone(), rows_read: 0, rows_new: 0, files_unchanged: 0, notes: Vec::new() };
        let (state, rejected) = (&mut state, &mut rejected);
        let mut pull = SourcePull { name, source, project, raw_folder, state, rejected, report, progress };
        pull_one(&mut pull).await?;
        pull.report.notes.sort_by_key(|noted| std::cmp::Reverse(noted.note.level));
        reports.push(pull.report);
    }
    state.add_rejected(&rejected);
    Ok(Pulled { sources: reports, rejected, state })
}

async fn pull_one(pull: &mut SourcePull<'_>) -> Result<(), Error> {
    match pull.source.kind {
        SourceKind::Files
        | SourceKind::Csv
        | SourceKind::Jsonl
        | SourceKind::Json
        | SourceKind::Sheet
        | SourceKind::Parquet => files::pull(pull).await,
        SourceKind::Sqlite => sqlite::pull(pull).await,
        SourceKind::Postgres => postgres::pull(pull).await,
    }
}
