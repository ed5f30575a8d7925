//! A copy of the database file as of one moment, while others read and write it.

use std::path::Path;

use anyhow::{Context, Result};

use super::damage;
use super::database::Store;

impl Store {
    /// Writes all that is committed into a new file, which needs no log beside it. Nobody has to wait meanwhile.
    pub(crate) async fn snapshot_into(&self, path: &Path) -> Result<()> {
        let name = path.to_str().context("the path of a copy of the database is no text")?;
        let written = sqlx::query("VACUUM INTO ?").bind(name).execute(&self.readers).await;
        written
            .map_err(|error| damage::with_recovery(error.into()))
            .with_context(|| format!("cannot copy the operational database `{}`", self.path.display()))?;
        Ok(())
    }
}
