//! The models that answer, behind one swap. A request takes its model once and keeps it to its end; a promotion or a
//! rollback by another process is noticed at the next request, by one cheap read of the registry's revision.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use anyhow::{Context, Result};
use plumb_lake::Lake;
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

use crate::registry;
use crate::scoring::{Inputs, Scorer};
use crate::store::Store;

/// The champions of one revision of the registry.
#[derive(Clone, Default)]
struct Served {
    revision: i64,
    by_target: BTreeMap<String, Arc<Scorer>>,
}

pub(super) struct Champions {
    data: PathBuf,
    served: RwLock<Arc<Served>>,
    /// Held while models are loaded, so that a hundred requests at the moment of a promotion load them once.
    loading: Mutex<()>,
}

impl Champions {
    /// Loads all champions. One that cannot be loaded is an error.
    pub(super) async fn load(store: &Store, data: &Path) -> Result<Champions> {
        let revision = registry::revision(store).await?;
        let mut served = Served { revision, ..Served::default() };
        for target in store.targets_with_models().await? {
            if let Some(card) = registry::champion(store, &target).await? {
                served.by_target.insert(target, load(data, &card.model_id).await?);
            }
        }
        Ok(Champions { data: data.to_owned(), served: RwLock::new(Arc::new(served)), loading: Mutex::new(()) })
    }

    /// Makes the features of all champions ready, so that no request has to wait for it.
    pub(super) async fn prepare(&self, lake: &Lake) -> Result<()> {
        for (target, scorer) in &self.served().by_target {
            if let Inputs::Leads(sql) = &scorer.artifact.inputs {
                let preparing = || format!("the features of model `{}` of `{target}`", scorer.model_id);
                lake.prepare(sql).await.with_context(preparing)?;
            }
        }
        Ok(())
    }

    /// Returns the champion of a target as of now.
    pub(super) async fn of(&self, store: &Store, target: &str) -> Result<Option<Arc<Scorer>>> {
        if registry::revision(store).await? != self.served().revision {
            self.reload(store).await?;
        }
        Ok(self.served().by_target.get(target).cloned())
    }

    async fn reload(&self, store: &Store) -> Result<()> {
        let _loading = self.loading.lock().await;
        let revision = registry::revision(store).await?;
        let before = self.served();
        if revision == before.revision {
            return Ok(());
        }
        let mut after = Served { revision, ..Served::default() };
        for target in store.targets_with_models().await? {
            let Some(card) = registry::champion(store, &target).await? else { continue };
            let old = before.by_target.get(&target).cloned();
            let scorer = match old {
                Some(old) if old.model_id == card.model_id => Some(old),
                old => match load(&self.data, &card.model_id).await {
                    Ok(new) => Some(new),
                    Err(error) => {
                        // Answers name the model that gave them, so the one before may go on; no answer helps nobody.
                        tracing::error!(
                            target,
                            model_id = card.model_id,
                            "the new champion cannot be loaded: {error:#}"
                        );
                        old
                    }
                },
            };
            after.by_target.extend(scorer.map(|scorer| (target, scorer)));
        }
        *self.served.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(after);
        Ok(())
    }

    fn served(&self) -> Arc<Served> {
        self.served.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Reads, checks and warms up a model off the async threads: a large one takes a while.
async fn load(data: &Path, model_id: &str) -> Result<Arc<Scorer>> {
    let (data, id) = (data.to_owned(), model_id.to_owned());
    let load = move || -> Result<Arc<Scorer>> {
        let scorer = Scorer::from_bytes(&registry::load(&data, &id)?)?;
        scorer.warm_up()?;
        Ok(Arc::new(scorer))
    };
    spawn_blocking(load)
        .await
        .context("the loading of a model broke off")?
        .with_context(|| format!("cannot serve model `{model_id}`"))
}
