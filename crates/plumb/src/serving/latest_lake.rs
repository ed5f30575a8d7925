//! The lake that requests read, reopened when an ingestion has written a newer version of the ground.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use anyhow::Result;
use plumb_lake::Lake;
use tokio::sync::Mutex;

/// The lake of the latest version of the ground.
pub(super) struct LatestLake {
    data: PathBuf,
    lake: RwLock<Arc<Lake>>,
    /// Held while it is reopened, so that a hundred requests after an ingestion open it once.
    reopening: Mutex<()>,
}

impl LatestLake {
    pub(super) fn new(lake: Lake, data: &Path) -> LatestLake {
        LatestLake { data: data.to_owned(), lake: RwLock::new(Arc::new(lake)), reopening: Mutex::new(()) }
    }

    /// Returns the latest version; a request keeps the one that it began with.
    pub(super) async fn get(&self) -> Result<Arc<Lake>> {
        if self.opened().is_outdated(&self.data)? {
            let _reopening = self.reopening.lock().await;
            if self.opened().is_outdated(&self.data)? {
                let lake = Arc::new(Lake::open(&self.data).await?);
                *self.lake.write().unwrap_or_else(PoisonError::into_inner) = lake;
            }
        }
        Ok(self.opened())
    }

    fn opened(&self) -> Arc<Lake> {
        self.lake.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
