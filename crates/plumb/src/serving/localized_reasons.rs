//! Reasons of new predictions in the reader's language. What is recorded stays in the model's own language.

use std::borrow::Cow;
use std::sync::Arc;

use anyhow::{Context, Result};
use plumb_lead::{Language, Prediction};
use tokio::task::spawn_blocking;

use super::languages::PreferredLanguages;
use super::score_instances::ScoredRequest;
use crate::scoring::{REASONS_MAX, Scorer, row_of};

/// Rows that are localized on the request's own thread: some 10 µs each.
const INLINE_ROWS_MAX: usize = 32;

/// Returns the predictions of a request with their reasons in the preferred language.
pub(crate) async fn localized<'a>(
    scored: &'a ScoredRequest,
    scorer: &Arc<Scorer>,
    preferred: &PreferredLanguages,
) -> Result<Cow<'a, [Prediction]>> {
    let features = &scorer.artifact.model.features;
    let language = preferred.choose(features).unwrap_or_else(|| features.language());
    if language == features.language() {
        return Ok(Cow::Borrowed(&scored.predictions));
    }
    let mut predictions = scored.predictions.clone();
    if predictions.len() <= INLINE_ROWS_MAX {
        localize(&mut predictions, &scored.contributions, scorer, language);
        return Ok(Cow::Owned(predictions));
    }
    // Many rows keep a processor busy for longer than an async thread may be.
    let (contributions, scorer) = (scored.contributions.clone(), scorer.clone());
    let work = spawn_blocking(move || {
        localize(&mut predictions, &contributions, &scorer, language);
        predictions
    });
    Ok(Cow::Owned(work.await.context("localizing the reasons was interrupted")?))
}

fn localize(predictions: &mut [Prediction], contributions: &[Vec<f64>], scorer: &Scorer, language: Language) {
    for (prediction, contributions) in predictions.iter_mut().zip(contributions) {
        let row = row_of(&prediction.provenance.inputs);
        prediction.reasons = scorer.reasons_of_row(&row, contributions, REASONS_MAX, language);
    }
}
