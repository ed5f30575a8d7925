//! How close models come to the best possible scores, which are the true probabilities.

use anyhow::Result;
use plumb_demo::TrueProbabilities;
use plumb_lead::ModelKind;
use plumb_learn::metrics;
use serde::Serialize;

use crate::training::CandidateModels;

/// The best possible metrics on the rows that models were tested on, and the models against them.
#[derive(Debug, Serialize)]
pub(crate) struct BestPossible {
    /// The AUC of the true probabilities.
    pub(crate) auc: f64,
    /// The log loss of the true probabilities.
    pub(crate) log_loss: f64,
    /// Each model against them.
    pub(crate) models: Vec<AgainstBestPossible>,
}

/// A model against the best possible metrics.
#[derive(Debug, Serialize)]
pub(crate) struct AgainstBestPossible {
    /// The kind of model.
    pub(crate) kind: ModelKind,
    /// How far it comes on the way from chance to the best possible AUC, at most 1.
    pub(crate) auc_share: f64,
    /// Its log loss over the best possible, as a share of that.
    pub(crate) log_loss_excess: f64,
    /// The same in words, as noted on the model's card.
    pub(crate) note: String,
}

/// Compares models with the true probabilities of the rows that they were tested on, and notes the result on the models'
/// cards. Returns `None` if the true probability of a row is not known, or if there are no such rows: a small company has too
/// few outcomes to set some apart, and its model is one of a cold start.
pub(super) fn compare(candidates: &mut CandidateModels, truth: &TrueProbabilities) -> Result<Option<BestPossible>> {
    if candidates.holdout.observations.is_empty() {
        return Ok(None);
    }
    let target = candidates.best().card.target.clone();
    let Some(probabilities) = truth.of(&target, &candidates.holdout.observations) else { return Ok(None) };
    let auc = metrics::auc(&probabilities, &candidates.holdout.labels)?;
    let log_loss = metrics::log_loss(&probabilities, &candidates.holdout.labels)?;
    let mut models = Vec::new();
    for model in &mut candidates.models {
        let Some(metrics) = &model.card.metrics else { continue };
        let auc_share = (metrics.auc.value - 0.5) / (auc - 0.5);
        let log_loss_excess = metrics.log_loss.value / log_loss - 1.0;
        let note = format!(
            "{:.0} % of the way from chance to the best possible AUC ({auc:.3}); log loss {:.1} % over the best possible \
             ({log_loss:.4})",
            100.0 * auc_share,
            100.0 * log_loss_excess
        );
        model.card.notes.push(note.clone());
        models.push(AgainstBestPossible { kind: model.card.kind, auc_share, log_loss_excess, note });
    }
    Ok(Some(BestPossible { auc, log_loss, models }))
}
