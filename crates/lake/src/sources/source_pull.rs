//! One source that is being copied into the raw rows.

use std::path::Path;

use super::source::{Source, SourceReport};
use crate::error::Error;
use crate::raw::{RejectedRow, State};

/// One source that is being copied into the raw rows.
pub(super) struct SourcePull<'a> {
    pub(super) name: &'a str,
    pub(super) source: &'a Source,
    pub(super) project: &'a Path,
    pub(super) raw_folder: &'a Path,
    pub(super) state: &'a mut State,
    pub(super) rejected: &'a mut Vec<RejectedRow>,
    pub(super) report: SourceReport,
    /// Called with each step.
    pub(super) progress: &'a (dyn Fn(&str) + Sync),
}

impl SourcePull<'_> {
    /// Returns an error of this source.
    pub(super) fn error(&self, problem: String, hint: &str) -> Error {
        Error::Source { source_name: self.name.to_owned(), problem, hint: hint.to_owned() }
    }
}
