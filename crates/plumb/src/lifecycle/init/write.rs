//! Writes the files of a proposal, none of them over another.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use plumb_lake::{create_folder, write_atomically};
use plumb_proposal::{LeftOutColumn, Proposal, ProposedFile, TableProposal, TargetSummary};
use plumb_tables::Note;
use serde::Serialize;

use crate::lifecycle::ingest::IngestOutcome;

/// What `init` did.
#[derive(Debug, Serialize)]
pub(crate) struct InitOutcome {
    /// The project's folder.
    pub(crate) folder: PathBuf,
    /// What each table is taken for.
    pub(crate) tables: Vec<TableProposal>,
    /// What is predicted.
    pub(crate) targets: Vec<TargetSummary>,
    /// The names of the features.
    pub(crate) features: Vec<String>,
    /// Columns that are no fields, and why.
    pub(crate) left_out: Vec<LeftOutColumn>,
    /// How files are read, by source.
    pub(crate) notes: BTreeMap<String, Vec<Note>>,
    /// What somebody should look at.
    pub(crate) warnings: Vec<String>,
    /// The files that were written, with what each is for.
    pub(crate) written: Vec<ProposedFile>,
    /// Files that were there already and stayed as they were.
    pub(crate) kept: Vec<String>,
    /// The ingestion, if there was one.
    pub(crate) ingested: Option<IngestOutcome>,
    /// Environment variables that the project needs and that are not set.
    pub(crate) variables: Vec<String>,
    /// Commands to run next.
    pub(crate) next: Vec<String>,
}

/// Writes the files of a proposal. One that is there already is an error that names it, unless only what is missing is asked
/// for.
pub(crate) fn write_project(folder: &Path, proposal: Proposal, only_missing: bool) -> Result<InitOutcome> {
    let (kept, new): (Vec<ProposedFile>, Vec<ProposedFile>) =
        proposal.files.into_iter().partition(|file| folder.join(&file.path).symlink_metadata().is_ok());
    let kept: Vec<String> = kept.into_iter().map(|file| file.path).collect();
    // A line for `data/` is missing in nobody's way.
    let in_the_way: Vec<&str> =
        kept.iter().map(String::as_str).filter(|path| ![".gitignore", "README.md"].contains(path)).collect();
    if !in_the_way.is_empty() && !only_missing {
        bail!(
            "`{}` has `{}` already, and nothing is written over: name another folder, or add what is missing by --only-missing",
            folder.display(),
            in_the_way.join("`, `")
        );
    }
    for file in &new {
        let path = folder.join(&file.path);
        if let Some(parent) = path.parent() {
            create_folder(parent)?;
        }
        write_atomically(&path, file.text.as_bytes()).with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    Ok(InitOutcome {
        folder: folder.to_owned(),
        tables: proposal.tables,
        targets: proposal.targets,
        features: proposal.features,
        left_out: proposal.left_out,
        notes: BTreeMap::new(),
        warnings: proposal.warnings,
        written: new,
        kept,
        ingested: None,
        variables: Vec::new(),
        next: Vec::new(),
    })
}
