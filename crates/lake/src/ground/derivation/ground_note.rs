//! What of the relations somebody should look at: values that were read as something else, and keys that cannot be right.

use serde::{Deserialize, Serialize};

/// Something of the relations that somebody should look at. It is kept with the version of the ground, and said at each
/// ingestion until it is mended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroundNote {
    /// What kind of thing it is, for programs.
    pub code: GroundNoteCode,
    /// `lead`, `event`, `outcome` or `identity`.
    pub relation: String,
    /// The column.
    pub column: String,
    /// Rows that it is about.
    pub rows: u64,
    /// All rows of the relation, or of the target.
    pub of_rows: u64,
    /// A sentence: what was found, with an example, and how it was read.
    pub what: String,
    /// What to do about it.
    pub way_out: String,
}

/// The kinds of notes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroundNoteCode {
    /// Keys that a spreadsheet has rounded: rows of different people share one.
    KeyRounded,
    /// Outcomes of a day without a time, on the day on which their lead was created: read as the end of that day.
    OutcomeOnCreationDay,
    /// Outcomes that are dated before their lead was created.
    OutcomeBeforeCreation,
    /// Events with the id of another one that was learned at the same time and says something else.
    EventContradicted,
    /// Events that were corrected or deleted: what each was holds until that was learned.
    EventEnded,
    /// Events that are dated before their lead was created.
    EventBeforeCreation,
    /// Leads that a later run of an undated file no longer had: they ended with that run.
    LeadGone,
    /// Leads that their source says are deleted: they ended then.
    LeadDeleted,
    /// Leads that were deleted by the time that anything was known of them: they have no past to learn from.
    LeadDeletedAtFirst,
}
