//! Why a request cannot be scored.

use crate::scoring;

/// Why a request cannot be scored.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// There is no such target.
    #[error("there is no target `{target}`")]
    UnknownTarget {
        /// The target that was asked for; empty if none was and there is none.
        target: String,
        /// The targets that there are.
        targets: Vec<String>,
    },
    /// The target has no champion.
    #[error("no model answers for target `{target}` yet")]
    NoChampion {
        /// The target.
        target: String,
    },
    /// The request needs leads, and the server has only models of plain columns.
    #[error("this server runs without lead data")]
    NoLeadData,
    /// No more rows can be posted before an ingestion.
    #[error("{waiting} posted rows wait for an ingestion, and there is no memory for more of them")]
    PostedFull {
        /// The rows that wait.
        waiting: usize,
    },
    /// The model cannot score the request.
    #[error(transparent)]
    Scoring(#[from] scoring::Error),
    /// It failed where it should not.
    #[error(transparent)]
    Internal(#[from] anyhow::Error),
}
