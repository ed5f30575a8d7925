//! What a column can be for.

use serde::Serialize;

/// What a column is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnRole {
    /// The lead's id, by a known export's name for it.
    LeadId,
    /// An e-mail address.
    Email,
    /// A phone number.
    Phone,
    /// When the row came to be.
    Created,
    /// When it was last changed.
    Updated,
    /// When somebody entered it.
    Known,
    /// When a loader copied it.
    Loaded,
    /// From when on a version is valid.
    ValidFrom,
    /// Whether, or when, it was deleted.
    Deleted,
    /// A status, a stage, a result.
    Status,
    /// Whether the outcome is positive.
    Converted,
    /// When the outcome became positive.
    ConvertedAt,
    /// When it became negative.
    LostAt,
    /// When it was decided, one way or the other.
    ClosedAt,
    /// The record that this one was merged into.
    MergedInto,
    /// The records that were merged into this one.
    MergedIds,
    /// Whether it is a test.
    Test,
    /// Written with the outcome or after it.
    After,
    /// A loader's own.
    Bookkeeping,
}
