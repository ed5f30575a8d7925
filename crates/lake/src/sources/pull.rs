//! One run over all sources: new rows are copied into the raw rows. They count once the caller publishes the state.

use std::collections::BTreeMap;
use std::path::Path;

use super::source::{Source, SourceKind, SourceReport};
use super::source_pull::SourcePull;
use super::{files, postgres, sqlite};
use crate::error::Error;
use crate::raw::{RejectedRow, SourceFailure, State};

/// What one run over all sources found.
pub(crate) struct Pulled {
    /// A report a source, in the order of their names.
    pub(crate) sources: Vec<SourceReport>,
    /// The rows that this run rejected.
    pub(crate) rejected: Vec<RejectedRow>,
    /// The raw rows after this run.
    pub(crate) state: State,
    /// Why sources could not be read, in the order of their names.
    pub(crate) errors: Vec<(String, Error)>,
}

impl Pulled {
    /// Returns the error of a source that could not be read, if there is one.
    pub(crate) fn all(mut self) -> Result<Pulled, Error> {
        match self.errors.pop() {
            Some((_, error)) => Err(error),
            None => Ok(self),
        }
    }

    /// Returns why the relations cannot be derived: if a source was never read, because of that.
    pub(crate) fn cause_of(&mut self, error: Error) -> Error {
        let tables = &self.state.tables;
        let is_known = |source: &str| tables.keys().any(|table| table.split('.').next() == Some(source));
        let never_read = self.errors.iter().position(|(source, _)| !is_known(source));
        never_read.map_or(error, |position| self.errors.swap_remove(position).1)
    }
}

/// Copies what is new in the sources since `state` into the raw folder, and returns the state after that.
///
/// A source that cannot be read leaves its rows as they were, and keeps nobody from reading the others. A run that dies
/// half-way has changed nothing: the next one reads the same rows again.
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
    state.failures.retain(|name, _| sources.contains_key(name));
    let mut pulled =
        Pulled { sources: Vec::with_capacity(sources.len()), rejected: Vec::new(), state, errors: Vec::new() };
    for (name, source) in sources {
        progress(&format!("reading {name}"));
        let run = OneSource { name, source, project, raw_folder, progress };
        run.pull_into(&mut pulled).await;
    }
    Ok(pulled)
}

/// One source of a run.
struct OneSource<'a> {
    name: &'a str,
    source: &'a Source,
    project: &'a Path,
    raw_folder: &'a Path,
    progress: &'a (dyn Fn(&str) + Sync),
}

impl OneSource<'_> {
    /// Adds what this source has; if it cannot be read, that it cannot.
    async fn pull_into(&self, pulled: &mut Pulled) {
        let mut state = pulled.state.clone();
        let mut rejected = Vec::new();
        let mut pull = SourcePull {
            name: self.name,
            source: self.source,
            project: self.project,
            raw_folder: self.raw_folder,
            state: &mut state,
            rejected: &mut rejected,
            report: SourceReport::new(self.name),
            progress: self.progress,
        };
        let result = self.within_time(&mut pull).await;
        let mut report = pull.report;
        report.notes.sort_by_key(|noted| std::cmp::Reverse(noted.note.level));
        match result {
            Ok(()) => {
                state.failures.remove(self.name);
                state.add_rejected(&rejected);
                pulled.state = state;
                pulled.rejected.extend(rejected);
            }
            Err(error) => {
                report = self.failed(&error, report, &mut pulled.state);
                pulled.errors.push((self.name.to_owned(), error));
            }
        }
        pulled.sources.push(report);
    }

    /// Notes that the source could not be read: its rows are as they were.
    fn failed(&self, error: &Error, report: SourceReport, state: &mut State) -> SourceReport {
        let cause = std::error::Error::source(error).map_or_else(String::new, |cause| format!(": {cause}"));
        let problem = format!("{error}{cause}");
        let learned_at = state.learned_at;
        let failure = state.failures.entry(self.name.to_owned());
        let failure = failure.or_insert_with(|| SourceFailure { since: learned_at, problem: String::new() });
        problem.clone_into(&mut failure.problem);
        let failed = SourceReport::new(self.name);
        SourceReport { rows_read: report.rows_read, notes: report.notes, failure: Some(problem), ..failed }
    }

    /// Reads the source, for as long as it may take.
    async fn within_time(&self, pull: &mut SourcePull<'_>) -> Result<(), Error> {
        let limit = self.source.time_limit;
        match tokio::time::timeout(limit, pull_one(pull)).await {
            Ok(result) => result,
            Err(_) => {
                let problem = format!("it was not read to its end within {} s", limit.as_secs());
                let hint = "see what keeps it, or raise `time_limit` under its name in plumb.toml";
                Err(Error::Source { source_name: self.name.to_owned(), problem, hint: hint.to_owned() })
            }
        }
    }
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
