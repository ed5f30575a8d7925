//! One run over all sources: new rows are copied into the raw rows. They count once the caller publishes the state.

use std::collections::BTreeMap;
use std::path::Path;

use super::connector::{self, Ended};
use super::files;
use super::source::{Source, SourceReport};
use super::source_pull::SourcePull;
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
/// A source that cannot be read leaves its rows as they were, or as far as its connector came, and keeps nobody from reading the
/// others. A run that dies
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
        let error = match result {
            Ok(ended) => {
                state.add_rejected(&rejected);
                pulled.state = state;
                pulled.rejected.extend(rejected);
                match ended {
                    Ended::Whole => None,
                    Ended::InPart(error) => Some(error),
                }
            }
            Err(error) => {
                (report.rows_new, report.rows_deleted, report.files_unchanged) = (0, 0, 0);
                Some(error)
            }
        };
        match error {
            Some(error) => {
                report.failure = Some(self.failed(&error, &mut pulled.state));
                pulled.errors.push((self.name.to_owned(), error));
            }
            None => {
                pulled.state.failures.remove(self.name);
            }
        }
        pulled.sources.push(report);
    }

    /// Notes that the source could not be read, or not to its end, and returns why.
    fn failed(&self, error: &Error, state: &mut State) -> String {
        let cause = std::error::Error::source(error).map_or_else(String::new, |cause| format!(": {cause}"));
        let problem = format!("{error}{cause}");
        let learned_at = state.learned_at;
        let failure = state.failures.entry(self.name.to_owned());
        let failure = failure.or_insert_with(|| SourceFailure { since: learned_at, problem: String::new() });
        problem.clone_into(&mut failure.problem);
        problem
    }

    /// Reads the source, for as long as it may take.
    async fn within_time(&self, pull: &mut SourcePull<'_>) -> Result<Ended, Error> {
        if let Some(variable) = &self.source.unset_variable {
            let hint = "export it where `plumb ingest` runs";
            return Err(pull.error(format!("environment variable `{variable}` is not set"), hint));
        }
        if !self.source.kind.is_files() {
            return connector::pull(pull).await;
        }
        let limit = self.source.time_limit;
        match tokio::time::timeout(limit, files::pull(pull)).await {
            Ok(result) => result.map(|()| Ended::Whole),
            Err(_) => Err(Error::out_of_time(self.name, limit)),
        }
    }
}
