//! One run over all sources: what is new goes into the raw layer, and only then the run counts.

use std::collections::BTreeMap;
use std::path::Path;

use super::table::State;
use super::{Pull, RejectedRow, Source, SourceReport};
use crate::Error;

/// What one run over all sources found.
pub(crate) struct Pulled {
    /// A line a source, in the order of their names.
    pub(crate) sources: Vec<SourceReport>,
    /// The rows of this run that could not be read.
    pub(crate) rejected: Vec<RejectedRow>,
    /// What the raw layer now holds.
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
    // Later than the run before, even if somebody has set the clock back.
    state.learned_at = chrono::Utc::now().timestamp_micros().max(state.learned_at + 1);
    let mut rejected = Vec::new();
    let mut reports = Vec::with_capacity(sources.len());
    for (name, source) in sources {
        progress(&format!("reading {name}"));
        let report = SourceReport { source: name.clone(), rows_read: 0, rows_new: 0, files_unchanged: 0 };
        let (state, rejected) = (&mut state, &mut rejected);
        let pull = Pull { name, source, project, raw_folder: &raw_folder, state, rejected, report };
        reports.push(pull.run().await?);
    }
    state.add_rejected(&rejected);
    state.save(&state_path)?;
    Ok(Pulled { sources: reports, rejected, state })
}
