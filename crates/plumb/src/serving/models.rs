//! The served models, behind one swap. A request takes its model once and keeps it to its end; a promotion, a rollback or
//! another weight by another process is noticed at the next request, by one look at a small file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use plumb_lake::Lake;
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

use super::variants::{ServingVariant, Variants};
use crate::registry::{self, CHAMPION_VARIANT};
use crate::scoring::{Inputs, Scorer};
use crate::store::{RegistryMarker, Store};
use crate::telemetry::ServingMetrics;

/// A process that is killed between its change and the stamp leaves the marker as it was: the database itself is read this
/// often.
const RECHECK: Duration = Duration::from_secs(1);

/// The variants of all targets, as of one revision of the registry.
#[derive(Clone, Default)]
struct Served {
    revision: i64,
    /// The targets that have a model.
    targets: Vec<String>,
    by_target: BTreeMap<String, Arc<Variants>>,
}

/// The models of all variants.
pub(super) struct Models {
    data: PathBuf,
    served: RwLock<Arc<Served>>,
    /// The marker for which `served` is right, and when the database confirmed it.
    checked: RwLock<(RegistryMarker, Instant)>,
    /// Held while models are loaded, so that a hundred requests after a promotion load them once.
    loading: Mutex<()>,
    metrics: ServingMetrics,
}

impl Models {
    /// Loads the models of all variants. One that cannot be loaded is an error.
    pub(super) async fn load(store: &Store, data: &Path, metrics: ServingMetrics) -> Result<Models> {
        let marker = store.registry_marker();
        let revision = registry::revision(store).await?;
        let mut served = Served { revision, targets: store.targets_with_models().await?, ..Served::default() };
        for target in served.targets.clone() {
            let Some(card) = registry::champion(store, &target).await? else { continue };
            let mut variants = Vec::new();
            for variant in registry::variants(store, &target).await? {
                let id = variant.model_id.as_deref().unwrap_or(&card.model_id);
                let scorer = match loaded(&variants, id) {
                    Some(scorer) => scorer,
                    None => load(data, id).await?,
                };
                variants.push(Arc::new(ServingVariant::new(variant, scorer, &metrics)));
            }
            served.by_target.insert(target, Arc::new(Variants::new(variants)));
        }
        Ok(Models {
            data: data.to_owned(),
            served: RwLock::new(Arc::new(served)),
            checked: RwLock::new((marker, Instant::now())),
            loading: Mutex::new(()),
            metrics,
        })
    }

    /// Prepares the features of all models, so that no request has to wait for it.
    pub(super) async fn prepare(&self, lake: &Lake) -> Result<()> {
        for (target, variants) in &self.served().by_target {
            for variant in variants.all() {
                let scorer = &variant.scorer;
                if let Inputs::Leads(sql) = &scorer.artifact.inputs {
                    let preparing = || format!("the features of model `{}` of `{target}`", scorer.model_id);
                    lake.prepare(sql).await.with_context(preparing)?;
                }
            }
        }
        Ok(())
    }

    /// Returns the variants of a target as of now.
    pub(super) async fn variants(&self, store: &Store, target: &str) -> Result<Option<Arc<Variants>>> {
        self.keep_up(store).await?;
        Ok(self.served().by_target.get(target).cloned())
    }

    /// Returns the targets that have a model as of now.
    pub(super) async fn targets(&self, store: &Store) -> Result<Vec<String>> {
        self.keep_up(store).await?;
        Ok(self.served().targets.clone())
    }

    /// Sees by a small file whether the registry has changed, and reads it if so.
    async fn keep_up(&self, store: &Store) -> Result<()> {
        let (marker, at) = *self.checked.read().unwrap_or_else(PoisonError::into_inner);
        if marker != store.registry_marker() || at.elapsed() > RECHECK {
            self.reload(store, false).await?;
        }
        Ok(())
    }

    /// Returns a model if a variant serves it.
    pub(super) fn served_model(&self, model_id: &str) -> Option<Arc<Scorer>> {
        self.served().by_target.values().find_map(|variants| loaded(variants.all(), model_id))
    }

    /// Returns the champion of a target as of now.
    pub(super) async fn champion(&self, store: &Store, target: &str) -> Result<Option<Arc<Scorer>>> {
        let variants = self.variants(store, target).await?;
        Ok(variants.and_then(|variants| Some(variants.by_name(CHAMPION_VARIANT)?.scorer.clone())))
    }

    /// Reads the registry again, changed or not, and returns how many models are served.
    pub(super) async fn reload_all(&self, store: &Store) -> Result<usize> {
        self.reload(store, true).await?;
        let served = self.served();
        let variants = served.by_target.values().flat_map(|variants| variants.all());
        Ok(variants.map(|variant| variant.scorer.model_id.as_str()).collect::<BTreeSet<_>>().len())
    }

    async fn reload(&self, store: &Store, even_unchanged: bool) -> Result<()> {
        let _loading = self.loading.lock().await;
        // The marker first: a later change gives it another value again.
        let marker = store.registry_marker();
        let revision = registry::revision(store).await?;
        let (before, targets) = (self.served(), store.targets_with_models().await?);
        if even_unchanged || revision != before.revision || targets != before.targets {
            let mut after = Served { revision, targets, ..Served::default() };
            for target in after.targets.clone() {
                let old = before.by_target.get(&target).cloned();
                if let Some(variants) = self.reload_target(store, &target, old).await? {
                    after.by_target.insert(target, variants);
                }
            }
            *self.served.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(after);
        }
        *self.checked.write().unwrap_or_else(PoisonError::into_inner) = (marker, Instant::now());
        Ok(())
    }

    /// Returns the variants of a target as the registry has them. Models that are loaded already are reused.
    async fn reload_target(
        &self,
        store: &Store,
        target: &str,
        old: Option<Arc<Variants>>,
    ) -> Result<Option<Arc<Variants>>> {
        let Some(card) = registry::champion(store, target).await? else { return Ok(None) };
        let known = old.as_ref().map_or(&[][..], |old| old.all());
        let mut variants: Vec<Arc<ServingVariant>> = Vec::new();
        for variant in registry::variants(store, target).await? {
            let id = variant.model_id.as_deref().unwrap_or(&card.model_id);
            let scorer = match loaded(known, id).or_else(|| loaded(&variants, id)) {
                Some(scorer) => Some(scorer),
                None => match load(&self.data, id).await {
                    Ok(scorer) => Some(scorer),
                    Err(error) => {
                        // Predictions name their model, so the previous one may go on; no prediction would help nobody.
                        tracing::error!(target, model_id = id, "the new model cannot be loaded: {error:#}");
                        old.as_ref().and_then(|old| Some(old.by_name(&variant.name)?.scorer.clone()))
                    }
                },
            };
            let serving = scorer.map(|scorer| Arc::new(ServingVariant::new(variant, scorer, &self.metrics)));
            variants.extend(serving);
        }
        Ok(Some(Arc::new(Variants::new(variants))))
    }

    fn served(&self) -> Arc<Served> {
        self.served.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn loaded(variants: &[Arc<ServingVariant>], model_id: &str) -> Option<Arc<Scorer>> {
    variants.iter().find(|variant| variant.scorer.model_id == model_id).map(|variant| variant.scorer.clone())
}

/// Reads and checks a model off the async threads: a large one takes a while.
async fn load(data: &Path, model_id: &str) -> Result<Arc<Scorer>> {
    let (data, id) = (data.to_owned(), model_id.to_owned());
    let load = move || -> Result<Arc<Scorer>> { Ok(Arc::new(Scorer::from_bytes(&registry::load(&data, &id)?)?)) };
    spawn_blocking(load)
        .await
        .context("the loading of a model was interrupted")?
        .with_context(|| format!("cannot serve model `{model_id}`"))
}
