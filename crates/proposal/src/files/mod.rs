//! The files of a project as text.

mod parts;
mod config;
mod leads;
mod events;
mod outcomes;
mod identity;
mod features;
mod texts;

pub(crate) use leads::created_column;
pub(crate) use parts::Parts;

use crate::proposed_file::ProposedFile;

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
