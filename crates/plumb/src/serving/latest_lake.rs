//! The lake that requests read, reopened when an ingestion has written a newer version of the ground, and the sources that
//! the last ingestion could not read.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use anyhow::{Context, Result};
use plumb_lake::{DataVersion, FailedSource, Lake, failed_sources};
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

/// The sources that could not be read any more, so that what is known of them is old.
pub(crate) type StaleSources = Arc<[FailedSource]>;

/// The lake of the latest version of the ground.
pub(super) struct LatestLake {
    data: PathBuf,
    opened: RwLock<OpenedLake>,
    /// Held while it is reopened, so that a hundred requests after an ingestion open it once.
    reopening: Mutex<()>,
}

/// What a request reads.
#[derive(Clone)]
pub(super) struct OpenedLake {
    pub(super) lake: Arc<Lake>,
    /// The sources that are older than the lake.
    pub(super) stale_sources: StaleSources,
    /// What counted in the data folder when both were read; `None` if nobody has looked at the sources yet.
    version: Option<DataVersion>,
}

impl LatestLake {
    pub(super) fn new(lake: Lake, data: &Path) -> LatestLake {
        let opened = OpenedLake { lake: Arc::new(lake), stale_sources: StaleSources::default(), version: None };
        LatestLake { data: data.to_owned(), opened: RwLock::new(opened), reopening: Mutex::new(()) }
    }

    /// Returns the latest version; a request keeps the one that it began with.
    pub(super) async fn get(&self) -> Result<OpenedLake> {
        let now = DataVersion::read(&self.data)?;
        let opened = self.opened();
        if opened.version.as_ref() == Some(&now) {
            return Ok(opened);
        }
        let _reopening = self.reopening.lock().await;
        let now = DataVersion::read(&self.data)?;
        let opened = self.opened();
        if opened.version.as_ref() == Some(&now) {
            return Ok(opened);
        }
        let lake = match opened.lake.is_outdated(&now) {
            true => Arc::new(Lake::open(&self.data).await?),
            false => opened.lake,
        };
        let stale_sources = self.read_stale_sources().await.unwrap_or_else(|error| {
            // Scores go on, as they do without a source.
            tracing::error!("nobody knows which sources the last ingestion could not read: {error:#}");
            opened.stale_sources
        });
        let opened = OpenedLake { lake, stale_sources, version: Some(now) };
        *self.opened.write().unwrap_or_else(PoisonError::into_inner) = opened.clone();
        Ok(opened)
    }

    /// Returns the sources that the last ingestion could not read. That the ground cannot be opened does not matter here.
    pub(super) async fn stale_sources(&self) -> StaleSources {
        match self.get().await {
            Ok(opened) => opened.stale_sources,
            Err(error) => {
                tracing::error!("the ground cannot be opened: {error:#}");
                self.opened().stale_sources
            }
        }
    }

    async fn read_stale_sources(&self) -> Result<StaleSources> {
        let data = self.data.clone();
        let failed = spawn_blocking(move || failed_sources(&data)).await.context("the reading ended early")??;
        Ok(failed.into())
    }

    fn opened(&self) -> OpenedLake {
        self.opened.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
