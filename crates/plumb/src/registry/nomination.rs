//! Nominates a new model: the first of its target becomes the champion, a later one the challenger.

use anyhow::Result;
use plumb_lead::{LeakEvidence, ModelCard, ModelKind};
use serde::Serialize;

use super::stages::{champion, promote, set_challenger};
use crate::store::{Stage, Store};

/// What a model was nominated for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Nomination {
    /// The target.
    pub(crate) target: String,
    /// The model.
    pub(crate) model_id: String,
    /// Its kind.
    pub(crate) kind: ModelKind,
    /// Its stage now.
    pub(crate) stage: Stage,
    /// The champion that it challenges, or that it is already; `None` if it is the first of its target.
    pub(crate) champion: Option<NamedModel>,
    /// The suspected leaks that it sees, for which it does not become the champion by itself.
    pub(crate) leaks: Vec<LeakEvidence>,
}

/// A model by its name and kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct NamedModel {
    /// Its id.
    pub(crate) model_id: String,
    /// Its kind.
    pub(crate) kind: ModelKind,
}

/// Makes a model of the registry the champion of its target if there is none yet, else the challenger. A model that is
/// the champion stays it. One that sees a suspected leak becomes the challenger: only a person makes it the champion.
pub(crate) async fn nominate(store: &Store, card: &ModelCard, by: &str, why: &str) -> Result<Nomination> {
    let ModelCard { model_id, target, kind, .. } = card;
    let (champion, leaks) = (champion(store, target).await?, card.suspects_seen());
    let stage = match &champion {
        None if !leaks.is_empty() => {
            let why = format!("not the champion by itself, for suspected leaks: {}; {why}", leak_columns(&leaks));
            set_challenger(store, model_id, by, &why).await?;
            Stage::Challenger
        }
        None => {
            promote(store, target, model_id, by, &format!("first of its target; {why}")).await?;
            Stage::Champion
        }
        Some(champion) if champion.model_id == *model_id => Stage::Champion,
        Some(_) => {
            set_challenger(store, model_id, by, why).await?;
            Stage::Challenger
        }
    };
    let champion = champion.map(|champion| NamedModel { model_id: champion.model_id, kind: champion.kind });
    Ok(Nomination { target: target.clone(), model_id: model_id.clone(), kind: *kind, stage, champion, leaks })
}

/// Returns the columns of some suspected leaks, for a sentence.
pub(crate) fn leak_columns(leaks: &[LeakEvidence]) -> String {
    let columns: Vec<String> = leaks.iter().map(|leak| format!("`{}`", leak.column)).collect();
    columns.join(", ")
}
