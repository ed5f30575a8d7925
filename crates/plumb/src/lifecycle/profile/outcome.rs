//! What profiling a table comes to: the JSON document, which the page shows.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use plumb_profile::Profile;
use plumb_tables::ReadingReport;
use serde::Serialize;

/// A profile, and where it was written.
#[derive(Debug, Serialize)]
pub(crate) struct ProfileOutcome {
    /// What was profiled.
    pub(crate) title: String,
    /// When.
    pub(crate) profiled_at: DateTime<Utc>,
    /// How the file was read, and what was set aside; `None` if it was no file.
    pub(crate) reading: Option<ReadingReport>,
    /// The table that it was compared with.
    pub(crate) against: Option<AgainstOutcome>,
    /// What is in it.
    pub(crate) profile: Profile,
    /// The page.
    pub(crate) page: PathBuf,
    /// This document.
    pub(crate) document: PathBuf,
}

/// A table that another one was compared with.
#[derive(Debug, Serialize)]
pub(crate) struct AgainstOutcome {
    /// What it is.
    pub(crate) title: String,
    /// How it was read.
    pub(crate) reading: ReadingReport,
}
