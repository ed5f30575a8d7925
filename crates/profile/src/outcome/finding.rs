//! What somebody should look at.

use serde::Serialize;

/// One thing to look at.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// How important it is.
    pub importance: Importance,
    /// Its kind, for programs.
    pub kind: FindingKind,
    /// The columns that it is about; empty if it is the whole table.
    pub columns: Vec<String>,
    /// A sentence: what was found.
    pub what: String,
    /// What to do about it.
    pub advice: String,
}

/// How important a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Importance {
    /// A model that is trained on this would be wrong.
    High,
    /// Somebody should decide about it.
    Medium,
    /// Worth knowing.
    Low,
}

impl Importance {
    /// Returns the word for it, as in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Importance::High => "high",
            Importance::Medium => "medium",
            Importance::Low => "low",
        }
    }
}

/// The kind of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// A column that may reveal the target.
    Leak,
    /// A table that is far from another one.
    Drift,
    /// Rows that are there more than once.
    DuplicateRows,
    /// People who are there more than once.
    DuplicatePeople,
    /// Weeks or months without rows.
    TimeGap,
    /// Dates in the future, or far from the others.
    StrangeDate,
    /// Columns missing in the same rows.
    MissingTogether,
    /// A column that is missing more often than before.
    MissingChanges,
    /// A column that is mostly missing.
    MostlyMissing,
    /// A column with one value.
    Constant,
    /// A column whose values are nearly all different.
    NearlyUnique,
    /// A word in several spellings.
    Spelling,
    /// Numbers far from the middle.
    Outliers,
    /// A number that may stand for missing.
    Sentinel,
    /// Two columns that say the same.
    SameInformation,
    /// Few positives, or a rate that changes.
    Target,
    /// A table with few rows.
    FewRows,
}
