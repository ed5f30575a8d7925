//! What serving needs, opened once: the store, the models, the lake, the journal.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use anyhow::Result;
use chrono::{DateTime, Utc};
use plumb_lake::{Lake, PostedRelation};
use tokio::sync::Semaphore;

use super::disk_check::DiskCheck;
use super::error::Error;
use super::latest_lake::{LatestLake, StaleSources};
use super::list_turns::{LIST_TIME_MAX, ListTurns};
use super::model_cache::ModelCache;
use super::models::Models;
use super::variants::{RoutedVariant, Variants};
use crate::future;
use crate::journal::Journal;
use crate::memory::MemoryBudget;
use crate::posted::Posted;
use crate::scoring::Scorer;
use crate::store::Store;
use crate::telemetry::ServingMetrics;

/// Requests of some rows that are scored at a time on threads for blocking work, each of which has a stack of its own. More
/// threads than cores, as a lookup waits for the disk.
const BATCHES_MAX: usize = 16;

/// Requests that shadows score at a time.
const SHADOW_REQUESTS_MAX: usize = 32;

/// The configuration of serving.
pub(crate) struct Config {
    /// The targets of `plumb.toml`, in its order.
    pub(crate) targets: Vec<String>,
    /// The time that counts as now: the demo's last day. `None`: the clock.
    pub(crate) fixed_now: Option<DateTime<Utc>>,
    /// The memory of requests.
    pub(crate) memory: Arc<MemoryBudget>,
    /// The relations that SQL of the project's own gives posted rows to.
    pub(crate) own_posted_sql: BTreeSet<PostedRelation>,
}

/// What requests are served from.
pub(crate) struct Engine {
    /// The targets of `plumb.toml`, in its order.
    targets: RwLock<Vec<String>>,
    /// The time that counts as now; `None`: the clock.
    fixed_now: Option<DateTime<Utc>>,
    /// The memory of requests.
    pub(super) memory: Arc<MemoryBudget>,
    /// Predictions, feedback, cards, reports.
    pub(super) store: Store,
    /// The leads and events; `None` where there are only models of plain columns.
    pub(super) lake: Option<LatestLake>,
    /// The rows that callers post; `None` where there are no leads.
    pub(super) posted: Option<Arc<Posted>>,
    /// The models of all variants, swapped when the registry's revision changes.
    pub(super) models: Models,
    /// Models no longer served, kept for display.
    pub(super) model_cache: ModelCache,
    /// Predictions on their way into the store.
    pub(super) journal: Arc<Journal>,
    /// Turns of those who read lists.
    pub(crate) list_turns: ListTurns,
    /// Whether the disk takes what has to be recorded.
    disk_check: DiskCheck,
    /// Permits of the work of many rows, or of leads that have to be looked up.
    pub(super) batch_permits: Semaphore,
    /// Permits of the requests that shadows score.
    pub(super) shadow_permits: Arc<Semaphore>,
    pub(super) metrics: ServingMetrics,
}

impl Engine {
    /// Opens the journal and loads the models of all variants; one that cannot be loaded is an error. `data` is the folder
    /// that holds the models and the ground.
    pub(crate) async fn open(
        lake: Option<Lake>,
        store: Store,
        data: &Path,
        config: Config,
        metrics: ServingMetrics,
    ) -> Result<Engine> {
        let journal = Arc::new(Journal::open(&store, data).await?);
        let models = Models::load(&store, data, metrics.clone()).await?;
        if let Some(lake) = &lake {
            models.prepare(lake).await?;
        }
        let posted = lake.as_ref().map(|lake| Posted::open(data, lake, config.own_posted_sql, &config.memory));
        Ok(Engine {
            targets: RwLock::new(config.targets),
            fixed_now: config.fixed_now,
            memory: config.memory,
            disk_check: DiskCheck::new(data),
            store,
            posted: posted.transpose()?.map(Arc::new),
            lake: lake.map(|lake| LatestLake::new(lake, data)),
            models,
            model_cache: ModelCache::new(data),
            journal,
            list_turns: ListTurns::new(LIST_TIME_MAX),
            batch_permits: Semaphore::new(BATCHES_MAX),
            shadow_permits: Arc::new(Semaphore::new(SHADOW_REQUESTS_MAX)),
            metrics,
        })
    }

    /// Returns the time that counts as now.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.fixed_now.unwrap_or_else(Utc::now)
    }

    /// Returns whether a time is not still to come.
    pub(crate) fn is_known_time(&self, timestamp: DateTime<Utc>) -> bool {
        !future::is_in_future(timestamp, self.now())
    }

    /// Returns the operational database.
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// Changes which targets `plumb.toml` has.
    pub(crate) fn set_targets(&self, targets: Vec<String>) {
        *self.targets.write().unwrap_or_else(PoisonError::into_inner) = targets;
    }

    /// Reads the registry and the version of the ground again, changed or not, and returns how many models are served.
    pub(crate) async fn reload(&self) -> Result<usize> {
        if let Some(lake) = &self.lake {
            lake.get().await?;
        }
        self.models.reload_all(&self.store).await
    }

    /// Returns why no answer can be recorded now, if so.
    pub(crate) async fn not_ready(&self) -> Option<Arc<str>> {
        match self.store.damage() {
            Some(damage) => Some(damage.into()),
            None => self.disk_check.problem(&self.journal).await,
        }
    }

    /// Returns the sources that the last ingestion could not read.
    pub(crate) async fn stale_sources(&self) -> StaleSources {
        match &self.lake {
            Some(lake) => lake.stale_sources().await,
            None => StaleSources::default(),
        }
    }

    /// Waits until all recorded predictions are in the store.
    pub(crate) async fn settle(&self) {
        self.journal.settle().await;
    }

    /// Returns all targets: those of `plumb.toml`, then those that only the registry knows. No database is asked unless the
    /// registry has changed.
    pub(crate) async fn targets(&self) -> Result<Vec<String>> {
        let mut targets = self.targets.read().unwrap_or_else(PoisonError::into_inner).clone();
        let configured: BTreeSet<String> = targets.iter().cloned().collect();
        let others = self.models.targets(&self.store).await?;
        targets.extend(others.into_iter().filter(|target| !configured.contains(target)));
        Ok(targets)
    }

    /// Returns the named target, or the first one if none is named. `None` if there is no target at all.
    pub(crate) async fn target(&self, name: Option<&str>) -> Result<Option<String>, Error> {
        let targets = self.targets().await?;
        match name.filter(|name| !name.is_empty()) {
            None => Ok(targets.into_iter().next()),
            Some(name) if targets.iter().any(|target| target == name) => Ok(Some(name.to_owned())),
            Some(name) => Err(Error::UnknownTarget { target: name.to_owned(), targets }),
        }
    }

    /// Returns the named target, or the first one; that there is none is an error.
    pub(crate) async fn existing_target(&self, name: Option<&str>) -> Result<String, Error> {
        let target = self.target(name).await?;
        target.ok_or_else(|| Error::UnknownTarget { target: String::new(), targets: Vec::new() })
    }

    /// Returns the variants of a target.
    pub(crate) async fn variants(&self, target: &str) -> Result<Arc<Variants>, Error> {
        match self.models.variants(&self.store, target).await? {
            Some(variants) => Ok(variants),
            None => {
                self.target(Some(target)).await?;
                Err(Error::NoChampion { target: target.to_owned() })
            }
        }
    }

    /// Routes a request of a target to one of its variants, by their weights.
    pub(crate) async fn route(&self, target: &str) -> Result<RoutedVariant, Error> {
        let variants = self.variants(target).await?;
        variants.route().ok_or_else(|| Error::NoChampion { target: target.to_owned() })
    }

    /// Returns the champion of a target.
    pub(crate) async fn champion(&self, target: &str) -> Result<Option<Arc<Scorer>>> {
        self.models.champion(&self.store, target).await
    }
}
