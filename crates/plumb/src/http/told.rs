//! Predictions out of the store, with their reasons in the language of whoever looks. Reasons that were not kept, or that
//! were kept in another language, are derived from what was: the model's row and the model's file.
//!
//! It may load a model of years ago, and is never on the path of a request to score.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use plumb_lead::{Language, Prediction};
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

use super::App;
use super::language::Liked;
use crate::registry;
use crate::scoring::Scorer;

/// Models that no longer answer and are kept ready for whoever looks at what they said. Each may hold some megabytes.
const RETIRED_MAX: usize = 4;

/// A prediction that is shown.
pub(super) struct Told {
    pub(super) prediction: Prediction,
    /// The language of its reasons, where it is known.
    pub(super) language: Option<Language>,
    /// Whether it had reasons that cannot be told any more, because its model is gone.
    pub(super) reasons_lost: bool,
}

/// Models that are not loaded to answer, by the moment at which they were last looked at, the newest last.
pub(super) struct Retired {
    data: PathBuf,
    kept: Mutex<Vec<Arc<Scorer>>>,
}

impl Retired {
    pub(super) fn new(data: &Path) -> Retired {
        Retired { data: data.to_owned(), kept: Mutex::new(Vec::new()) }
    }

    /// Returns a model. Who looks at the same moment waits, so that it is read once.
    async fn load(&self, model_id: &str) -> Result<Arc<Scorer>> {
        let mut kept = self.kept.lock().await;
        let scorer = match kept.iter().position(|scorer| scorer.model_id == model_id) {
            Some(place) => kept.remove(place),
            None => {
                let (data, id) = (self.data.clone(), model_id.to_owned());
                let read = move || Scorer::from_bytes(&registry::load(&data, &id)?);
                Arc::new(spawn_blocking(read).await.context("the reading of a model broke off")??)
            }
        };
        if kept.len() == RETIRED_MAX {
            kept.remove(0);
        }
        kept.push(scorer.clone());
        Ok(scorer)
    }
}

/// Returns predictions with their reasons in the language that is liked, in their order.
pub(super) async fn tell(app: &App, predictions: Vec<Prediction>, liked: &Liked) -> Result<Vec<Told>> {
    let mut told: Vec<Told> = Vec::with_capacity(predictions.len());
    let mut rows_of: HashMap<String, Vec<usize>> = HashMap::new();
    for (row, prediction) in predictions.into_iter().enumerate() {
        rows_of.entry(prediction.model_id.clone()).or_default().push(row);
        told.push(Told { prediction, language: None, reasons_lost: false });
    }
    for (model_id, rows) in rows_of {
        let none_is_missing = rows.iter().all(|row| !told[*row].prediction.reasons.is_empty());
        let scorer = match app.champions.loaded(&model_id) {
            Some(scorer) => Some(scorer),
            // What was kept is as good as anything to somebody who takes any language.
            None if none_is_missing && liked.is_any() => None,
            None => app.retired.load(&model_id).await.map_err(|error| gone(&model_id, &error)).ok(),
        };
        match scorer {
            Some(scorer) => derive(&mut told, rows, &scorer, liked).await?,
            None => rows.iter().for_each(|row| told[*row].reasons_lost = told[*row].prediction.reasons.is_empty()),
        }
    }
    Ok(told)
}

fn gone(model_id: &str, error: &anyhow::Error) {
    tracing::info!(model_id, "the reasons of what a model said cannot be told any more: {error:#}");
}

/// Tells those rows of a model anew that have no reasons, or have them in another language than is liked.
async fn derive(told: &mut [Told], rows: Vec<usize>, scorer: &Arc<Scorer>, liked: &Liked) -> Result<()> {
    let features = &scorer.artifact.model.features;
    let chosen = liked.choose(features);
    let (own, width) = (features.language(), features.features.len());
    let language = chosen.unwrap_or(own);
    let mut to_derive = Vec::new();
    for row in rows {
        let one = &mut told[row];
        let is_missing = one.prediction.reasons.is_empty();
        if one.prediction.provenance.inputs.len() != width {
            // Something else was kept than what this model takes: what can be told is what was told.
            one.reasons_lost = is_missing;
            one.language = features.languages.first().copied();
            continue;
        }
        one.language = chosen;
        if is_missing || language != own {
            to_derive.push(row);
        }
    }
    if to_derive.is_empty() {
        return Ok(());
    }
    let inputs: Vec<Vec<Option<f32>>> =
        to_derive.iter().map(|row| told[*row].prediction.provenance.inputs.clone()).collect();
    let scorer = scorer.clone();
    let deriving = spawn_blocking(move || scorer.reasons(&inputs, language));
    let derived = deriving.await.context("the telling of reasons broke off")??;
    for (row, reasons) in to_derive.into_iter().zip(derived) {
        told[row].prediction.reasons = reasons;
    }
    Ok(())
}
