//! Whether the record of a lead is there, as a posted row says it.

use chrono::{DateTime, Utc};
use serde::Serialize;

/// What a row says of whether the record of its lead is there.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) enum Presence {
    /// It was deleted then.
    Deleted(DateTime<Utc>),
    /// It is there again since then.
    Restored(DateTime<Utc>),
    /// The record of this key has taken it over.
    MergedInto(String),
}

impl Presence {
    /// Returns whether the record is not there.
    pub(crate) fn is_gone(&self) -> bool {
        match self {
            Presence::Deleted(_) | Presence::MergedInto(_) => true,
            Presence::Restored(_) => false,
        }
    }

    /// Returns whether a newer notice replaces it. Records that were merged stay merged.
    pub(super) fn is_replaceable(&self) -> bool {
        !matches!(self, Presence::MergedInto(_))
    }
}
