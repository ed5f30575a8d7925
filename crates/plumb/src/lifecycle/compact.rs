//! Gives back what the data folder no longer needs of the disk. The raw rows and the ground have nothing to give: each ingestion
//! removes the files of versions before.

use anyhow::Result;

use super::workspace::ProjectPaths;
use crate::store::{Compacted, Store};

/// Compacts the operational database of a data folder that has one.
pub(crate) async fn compact(paths: &ProjectPaths) -> Result<Compacted> {
    Store::open_existing(&paths.data.join("plumb.db")).await?.compact().await
}
