//! The version of a cluster's processes.

/// The version that all processes of a cluster must have.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");
