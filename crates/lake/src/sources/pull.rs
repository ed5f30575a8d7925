//! One run over all sources: new rows are copied into the raw rows, and only then the run counts.

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

/// Copies what is new in the sources into `<data>/raw`.
///
/// A run that dies half-way has changed nothing: the next one reads the same rows again.
pub(crate) async fn pull(
    sources: &BTreeMap<String, Source>,
    project: &Path,
    data: &Path,
    progress: &(dyn Fn(&str) + Sync),
) -> Result<Pulled, Error> {
    let raw_folder = data.join("raw");
    let state_path = raw_folder.join("state.json");
    let mut state = State::load(&state_path)?;
    state.run += 1;
    // Later than the run before, even if the clock was set back.
    state.learned_at = chrono::Utc::now().timestamp_micros().max(state.learned_at + 1);
    let mut rejected = Vec::new();
    let mut reports = Vec::with_capacity(sources.len());
    for (name, source) in sources {
        progress(&format!("reading {name}"));
        let report = SourceReport { source: name.clone(), rows_read: 0, rows_new: 0, files_unchanged: 0 };
        let (state, rejected) = (&mut state, &mut rejected);
        let mut pull = SourcePull { name, source, project, raw_folder: &raw_folder, state, rejected, report };
        pull_one(&mut pull).await?;
        reports.push(pull.report);
    }
    state.add_rejected(&rejected);
    state.save(&state_path)?;
    Ok(Pulled { sources: reports, rejected, state })
}

/// Copies what is new. The state is not saved here: that is the caller's commit.
async fn pull_one(pull: &mut SourcePull<'_>) -> Result<(), Error> {
    match pull.source.kind {
        SourceKind::Csv | SourceKind::Jsonl | SourceKind::Parquet => files::pull(pull).await,
        SourceKind::Sqlite => sqlite::pull(pull).await,
        SourceKind::Postgres => postgres::pull(pull).await,
    }
}
