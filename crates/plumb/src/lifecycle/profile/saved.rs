//! The profiles in a data folder, for the Data page.

use std::path::PathBuf;
use std::time::SystemTime;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::files::{ProfileFolder, is_profile_name};
use crate::files::read_within;

/// The largest document that is looked at for the list.
const DOCUMENT_BYTES_MAX: u64 = 64 << 20;

/// A profile in a data folder.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SavedProfile {
    /// Its name, which is that of its files.
    pub(crate) name: String,
    /// What was profiled; `None` if its document cannot be read.
    pub(crate) title: Option<String>,
    /// Rows.
    pub(crate) rows: Option<u64>,
    /// Columns.
    pub(crate) columns: Option<usize>,
    /// Things to look at.
    pub(crate) findings: Option<usize>,
    /// When it was written.
    pub(crate) written_at: Option<DateTime<Utc>>,
}

/// What the list shows of a document.
#[derive(Deserialize)]
struct Document {
    title: String,
    profile: Figures,
}

#[derive(Deserialize)]
struct Figures {
    rows: u64,
    columns: Vec<serde::de::IgnoredAny>,
    findings: Vec<serde::de::IgnoredAny>,
}

/// Returns the profiles of a folder, the newest first. A folder that is not there has none.
pub(crate) fn saved_profiles(folder: &ProfileFolder) -> Vec<SavedProfile> {
    let entries = std::fs::read_dir(&folder.0).into_iter().flatten().flatten();
    let mut profiles: Vec<SavedProfile> = entries
        .filter_map(|entry| {
            let file = entry.file_name();
            let name = file.to_str()?.strip_suffix(".html").filter(|name| is_profile_name(name))?.to_owned();
            let written_at = entry.metadata().and_then(|metadata| metadata.modified()).ok();
            Some(saved(folder, name, written_at))
        })
        .collect();
    profiles.sort_by(|one, other| other.written_at.cmp(&one.written_at).then_with(|| one.name.cmp(&other.name)));
    profiles
}

/// Returns the page of a profile; `None` if the name is none, or there is no such page.
pub(crate) fn page_path(folder: &ProfileFolder, name: &str) -> Option<PathBuf> {
    let path = folder.0.join(format!("{name}.html"));
    (is_profile_name(name) && path.is_file()).then_some(path)
}

fn saved(folder: &ProfileFolder, name: String, written_at: Option<SystemTime>) -> SavedProfile {
    let path = folder.0.join(format!("{name}.json"));
    let bytes = read_within(&path, DOCUMENT_BYTES_MAX, "a profile").ok();
    let document: Option<Document> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let figures = document.as_ref().map(|document| &document.profile);
    SavedProfile {
        rows: figures.map(|figures| figures.rows),
        columns: figures.map(|figures| figures.columns.len()),
        findings: figures.map(|figures| figures.findings.len()),
        title: document.map(|document| document.title),
        name,
        written_at: written_at.map(DateTime::from),
    }
}
