//! What became of posted rows.

use super::refusal::Refusal;

/// What became of a row, and what of it counts.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PostOutcome {
    /// Its id.
    pub(crate) id: String,
    pub(crate) status: PostStatus,
    /// Whether its key is the id of a lead that is known.
    pub(crate) is_matched: bool,
    /// Fields that no column of the ground takes.
    pub(crate) unused: Vec<String>,
}

/// What became of a row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum PostStatus {
    /// It is on the disk.
    Accepted,
    /// It was posted before.
    Duplicate,
    /// It is on the disk, and counts instead of what was posted under its id before.
    Corrected,
    /// It is on the disk, and a newer change of the same fields came before it.
    Overtaken,
    /// It is not stored.
    Refused(Refusal),
}

/// Why none of a request's rows is stored.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PostError {
    /// So many rows wait for an ingestion that there is no memory for more.
    #[error("{waiting} posted rows wait for an ingestion, and there is no memory for more of them")]
    Full { waiting: usize },
    #[error(transparent)]
    Internal(#[from] anyhow::Error),
}

/// How many rows were posted since the server started, and which of them wait for an ingestion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PostedCounts {
    pub(crate) accepted: u64,
    pub(crate) duplicates: u64,
    pub(crate) refused: u64,
    /// Rows that the ground does not have yet.
    pub(crate) waiting: usize,
    /// The memory that they take.
    pub(crate) bytes: usize,
}
