//! Predictions out of the store, with their reasons in the reader's language. Reasons that were not stored, or that were
//! stored in another language, are derived again from the stored inputs and the model's file.
//!
//! This may load a model of years ago, and is never on the path of a request to score.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::{Context, Result};
use plumb_lead::{Language, Prediction};
use tokio::task::spawn_blocking;

use super::engine::Engine;
use super::languages::PreferredLanguages;
use crate::scoring::Scorer;

/// A prediction out of the store.
pub(crate) struct StoredPrediction {
    pub(crate) prediction: Prediction,
    /// The language of its reasons, where it is known.
    pub(crate) language: Option<Language>,
    /// Whether it had reasons that cannot be derived any more, because its model is gone.
    pub(crate) reasons_lost: bool,
}

impl Engine {
    /// Returns predictions with their reasons in the preferred language, in their order.
    pub(crate) async fn localize_stored(
        &self,
        predictions: Vec<Prediction>,
        preferred: &PreferredLanguages,
    ) -> Result<Vec<StoredPrediction>> {
        let mut stored: Vec<StoredPrediction> = Vec::with_capacity(predictions.len());
        let mut rows_of: HashMap<String, Vec<usize>> = HashMap::new();
        for (row, prediction) in predictions.into_iter().enumerate() {
            rows_of.entry(prediction.model_id.clone()).or_default().push(row);
            stored.push(StoredPrediction { prediction, language: None, reasons_lost: false });
        }
        for (model_id, rows) in rows_of {
            let none_is_missing = rows.iter().all(|row| !stored[*row].prediction.reasons.is_empty());
            let scorer = match self.models.served_model(&model_id) {
                Some(scorer) => Some(scorer),
                // The stored reasons will do for a reader who takes any language.
                None if none_is_missing && preferred.is_any() => None,
                None => self.model_cache.get(&model_id).await.map_err(|error| log_lost(&model_id, &error)).ok(),
            };
            match scorer {
                Some(scorer) => derive(&mut stored, rows, &scorer, preferred).await?,
                None => rows.iter().for_each(|row| mark_lost(&mut stored[*row])),
            }
        }
        Ok(stored)
    }
}

fn log_lost(model_id: &str, error: &anyhow::Error) {
    tracing::info!(model_id, "the reasons of a model's predictions cannot be derived any more: {error:#}");
}

fn mark_lost(stored: &mut StoredPrediction) {
    stored.reasons_lost = stored.prediction.reasons.is_empty();
}

/// Derives the reasons of those rows of a model that have none, or have them in another language than the chosen one.
async fn derive(
    stored: &mut [StoredPrediction],
    rows: Vec<usize>,
    scorer: &Arc<Scorer>,
    preferred: &PreferredLanguages,
) -> Result<()> {
    let features = &scorer.artifact.model.features;
    let chosen = preferred.choose(features);
    let (own, width) = (features.language(), features.features.len());
    let language = chosen.unwrap_or(own);
    let mut to_derive = Vec::new();
    for row in rows {
        let one = &mut stored[row];
        if one.prediction.provenance.inputs.len() != width {
            // The stored inputs are not those of this model: the stored reasons are all there is.
            mark_lost(one);
            one.language = features.languages.first().copied();
            continue;
        }
        one.language = chosen;
        if one.prediction.reasons.is_empty() || language != own {
            to_derive.push(row);
        }
    }
    if to_derive.is_empty() {
        return Ok(());
    }
    let inputs: Vec<Vec<Option<f32>>> =
        to_derive.iter().map(|row| stored[*row].prediction.provenance.inputs.clone()).collect();
    let scorer = scorer.clone();
    let work = spawn_blocking(move || scorer.reasons_of_inputs(&inputs, language));
    let derived = work.await.context("localizing the reasons was interrupted")??;
    for (row, reasons) in to_derive.into_iter().zip(derived) {
        stored[row].prediction.reasons = reasons;
    }
    Ok(())
}
