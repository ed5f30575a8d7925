//! The token of a cluster, as far as workers of a training need it.

use crate::content_hash::sha256;

/// The environment variable that holds the token of a cluster.
pub(crate) const TOKEN_VARIABLE: &str = "PLUMB_CLUSTER_TOKEN";

/// Returns what a worker must know of the cluster's token to join a job; nothing if there is no token. XGBoost does not
/// authenticate its peers: this keeps a worker of another cluster from joining by mistake.
pub(super) fn proof(job: &str) -> Option<String> {
    let token = std::env::var(TOKEN_VARIABLE).ok()?;
    Some(sha256(format!("{job} {token}").as_bytes()))
}
