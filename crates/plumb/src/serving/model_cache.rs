//! Models no longer served, kept loaded to display the predictions that they made.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

use crate::registry;
use crate::scoring::Scorer;

/// Models in the cache. Each may hold some megabytes.
const MODELS_MAX: usize = 4;

/// Models that are not served, the most recently used last.
pub(super) struct ModelCache {
    data: PathBuf,
    models: Mutex<Vec<Arc<Scorer>>>,
}

impl ModelCache {
    pub(super) fn new(data: &Path) -> ModelCache {
        ModelCache { data: data.to_owned(), models: Mutex::new(Vec::new()) }
    }

    /// Returns a model. Requests at the same time wait, so that it is read once.
    pub(super) async fn get(&self, model_id: &str) -> Result<Arc<Scorer>> {
        let mut models = self.models.lock().await;
        let scorer = match models.iter().position(|scorer| scorer.model_id == model_id) {
            Some(position) => models.remove(position),
            None => {
                let (data, id) = (self.data.clone(), model_id.to_owned());
                let read = move || Scorer::from_bytes(&registry::load(&data, &id)?);
                Arc::new(spawn_blocking(read).await.context("the reading of a model was interrupted")??)
            }
        };
        if models.len() == MODELS_MAX {
            models.remove(0);
        }
        models.push(scorer.clone());
        Ok(scorer)
    }
}
