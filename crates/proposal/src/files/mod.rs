//! The files of a project as text.

mod config;
mod leads;
mod events;
mod outcomes;
mod identity;
mod features;
mod texts;

pub(crate) use leads::created_column;

use crate::choices::SourceSpec;
use crate::events::Events;
use crate::features::Features;
use crate::fields::Fields;
use crate::proposal::ProposedFile;
use crate::tables::Found;
use crate::targets::Target;

/// All that was proposed.
pub(crate) struct Parts<'a> {
    pub(crate) found: &'a Found<'a>,
    pub(crate) fields: &'a Fields,
    pub(crate) events: &'a [Events],
    pub(crate) targets: &'a [Target],
    pub(crate) features: &'a Features,
    pub(crate) sources: &'a [SourceSpec],
    /// The time at which exports end, if they do.
    pub(crate) as_of: Option<String>,
}

/// Returns the files.
pub(crate) fn files_of(parts: &Parts<'_>) -> Vec<ProposedFile> {
    let mut files = vec![config::file(parts)];
    let readings = parts.sources.iter().filter_map(|source| {
        let (path, text) = source.reading.as_ref()?;
        Some(ProposedFile::new(
            path,
            text.clone(),
            "how the files are read: what no longer fits is said and not guessed",
        ))
    });
    files.extend(readings);
    files.push(leads::file(parts));
    files.extend(leads::history_files(parts));
    files.extend(events::files(parts));
    files.extend(outcomes::files(parts));
    files.extend(identity::file(parts));
    files.extend(features::files(parts));
    files.extend(texts::files(parts));
    files
}

/// Returns a name for a file of SQL over a table.
fn file_name(parts: &Parts<'_>, table: usize) -> String {
    parts.found.prefix(table)
}
