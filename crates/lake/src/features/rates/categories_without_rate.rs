//! Categories of which no outcome was known yet.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// A category of which no outcome was known yet, so that `outcome_rate` gave the overall rate.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct CategoryWithoutRate {
    /// The lead's column.
    pub column: String,
    /// Its value.
    pub level: String,
    /// In how many rows its rate was computed.
    pub rows: usize,
}

/// Counts of such categories, by column and level.
#[derive(Debug, Default)]
pub(super) struct UnratedCounts(Mutex<BTreeMap<(String, String), usize>>);

/// Categories that are counted: a column of free text has one a lead.
const UNRATED_MAX: usize = 1_000;

impl UnratedCounts {
    pub(super) fn count(&self, column: &str, level: &str) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() < UNRATED_MAX {
            *counts.entry((column.to_owned(), level.to_owned())).or_default() += 1;
        }
    }

    /// Returns the counts, and starts anew.
    pub(super) fn take(&self) -> Vec<CategoryWithoutRate> {
        let counts = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        counts.into_iter().map(|((column, level), rows)| CategoryWithoutRate { column, level, rows }).collect()
    }
}
