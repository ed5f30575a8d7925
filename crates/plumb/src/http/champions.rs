//! The models that answer, behind one swap. A request takes its model once and keeps it to its end; a promotion, a
//! rollback or another weight by another process is noticed at the next request, by one look at a small file's time.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use plumb_lake::Lake;
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

use super::variants::{Answering, Variants};
use crate::registry::{self, CHAMPION_VARIANT};
use crate::scoring::{Inputs, Scorer};
use crate::store::{RegistryMarker, Store};

/// A process that is killed between its change and the stamp leaves the stamp as it was: so often the database itself
/// is asked.
const RECHECK: Duration = Duration::from_secs(1);

/// Who answers, as of one revision of the registry.
#[derive(Clone, Default)]
struct Served {
    revision: i64,
    by_target: BTreeMap<String, Arc<Variants>>,
}

pub(super) struct Champions {
    data: PathBuf,
    served: RwLock<Arc<Served>>,
    /// The stamp for which `served` is right, and when the database said so.
    checked: RwLock<(RegistryMarker, Instant)>,
    /// Held while models are loaded, so that a hundred requests at the moment of a promotion load them once.
    loading: Mutex<()>,
}

impl Champions {
    /// Loads all who answer. A model that cannot be loaded is an error.
    pub(super) async fn load(store: &Store, data: &Path) -> Result<Champions> {
        let stamp = store.registry_marker();
        let revision = registry::revision(store).await?;
        let mut served = Served { revision, ..Served::default() };
        for target in store.targets_with_models().await? {
            let Some(card) = registry::champion(store, &target).await? else { continue };
            let mut answering = Vec::new();
            for variant in registry::variants(store, &target).await? {
                let id = variant.model_id.as_deref().unwrap_or(&card.model_id);
                let scorer = match found(&answering, id) {
                    Some(scorer) => scorer,
                    None => load(data, id).await?,
                };
                answering.push(Answering::of(variant, scorer));
            }
            served.by_target.insert(target, Arc::new(Variants::of(answering)));
        }
        Ok(Champions {
            data: data.to_owned(),
            served: RwLock::new(Arc::new(served)),
            checked: RwLock::new((stamp, Instant::now())),
            loading: Mutex::new(()),
        })
    }

    /// Makes the features of all models ready, so that no request has to wait for it.
    pub(super) async fn prepare(&self, lake: &Lake) -> Result<()> {
        for (target, variants) in &self.served().by_target {
            for answering in variants.all() {
                let scorer = &answering.scorer;
                if let Inputs::Leads(sql) = &scorer.artifact.inputs {
                    let preparing = || format!("the features of model `{}` of `{target}`", scorer.model_id);
                    lake.prepare(sql).await.with_context(preparing)?;
                }
            }
        }
        Ok(())
    }

    /// Returns who answers for a target as of now.
    pub(super) async fn variants(&self, store: &Store, target: &str) -> Result<Option<Arc<Variants>>> {
        let (stamp, at) = *self.checked.read().unwrap_or_else(PoisonError::into_inner);
        if stamp != store.registry_marker() || at.elapsed() > RECHECK {
            self.reload(store).await?;
        }
        Ok(self.served().by_target.get(target).cloned())
    }

    /// Returns a model if it is one of those that answer.
    pub(super) fn loaded(&self, model_id: &str) -> Option<Arc<Scorer>> {
        self.served().by_target.values().find_map(|variants| found(variants.all(), model_id))
    }

    /// Returns the champion of a target as of now.
    pub(super) async fn of(&self, store: &Store, target: &str) -> Result<Option<Arc<Scorer>>> {
        let variants = self.variants(store, target).await?;
        Ok(variants.and_then(|variants| Some(variants.named(CHAMPION_VARIANT)?.scorer.clone())))
    }

    async fn reload(&self, store: &Store) -> Result<()> {
        let _loading = self.loading.lock().await;
        // The stamp first: a change after this moment makes it another once more.
        let stamp = store.registry_marker();
        let revision = registry::revision(store).await?;
        let before = self.served();
        if revision != before.revision {
            let mut after = Served { revision, ..Served::default() };
            for target in store.targets_with_models().await? {
                let old = before.by_target.get(&target).cloned();
                if let Some(variants) = self.reloaded(store, &target, old).await? {
                    after.by_target.insert(target, variants);
                }
            }
            *self.served.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(after);
        }
        *self.checked.write().unwrap_or_else(PoisonError::into_inner) = (stamp, Instant::now());
        Ok(())
    }

    /// Returns who answers for a target now. Models that are loaded already are kept.
    async fn reloaded(&self, store: &Store, target: &str, old: Option<Arc<Variants>>) -> Result<Option<Arc<Variants>>> {
        let Some(card) = registry::champion(store, target).await? else { return Ok(None) };
        let known = old.as_ref().map_or(&[][..], |old| old.all());
        let mut answering: Vec<Answering> = Vec::new();
        for variant in registry::variants(store, target).await? {
            let id = variant.model_id.as_deref().unwrap_or(&card.model_id);
            let scorer = match found(known, id).or_else(|| found(&answering, id)) {
                Some(scorer) => Some(scorer),
                None => match load(&self.data, id).await {
                    Ok(scorer) => Some(scorer),
                    Err(error) => {
                        // Answers name the model that gave them, so the one before may go on; no answer helps nobody.
                        tracing::error!(target, model_id = id, "the new model cannot be loaded: {error:#}");
                        old.as_ref().and_then(|old| Some(old.named(&variant.name)?.scorer.clone()))
                    }
                },
            };
            answering.extend(scorer.map(|scorer| Answering::of(variant, scorer)));
        }
        Ok(Some(Arc::new(Variants::of(answering))))
    }

    fn served(&self) -> Arc<Served> {
        self.served.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn found(answering: &[Answering], model_id: &str) -> Option<Arc<Scorer>> {
    answering.iter().find(|one| one.scorer.model_id == model_id).map(|one| one.scorer.clone())
}

/// Reads and checks a model off the async threads: a large one takes a while.
async fn load(data: &Path, model_id: &str) -> Result<Arc<Scorer>> {
    let (data, id) = (data.to_owned(), model_id.to_owned());
    let load = move || -> Result<Arc<Scorer>> { Ok(Arc::new(Scorer::from_bytes(&registry::load(&data, &id)?)?)) };
    spawn_blocking(load)
        .await
        .context("the loading of a model broke off")?
        .with_context(|| format!("cannot serve model `{model_id}`"))
}
