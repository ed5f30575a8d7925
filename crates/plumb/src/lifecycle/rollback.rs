//! Makes the previous champion of a target the champion again.

use std::path::Path;

use anyhow::Result;
use plumb_lead::ModelKind;
use serde::Serialize;

use super::locks;
use super::retrain::end_shadow;
use crate::registry;
use crate::store::Store;

/// The outcome of a rollback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Rollback {
    /// The target.
    pub(crate) target: String,
    /// Its champion now.
    pub(crate) model_id: String,
    /// The champion's kind.
    pub(crate) kind: ModelKind,
}

/// Makes the previous champion the champion again, in the name of `by`, a person.
pub(crate) async fn rollback(store: &Store, data: &Path, target: &str, by: &str, why: &str) -> Result<Rollback> {
    let _lock = locks::registry(data)?;
    let card = registry::rollback(store, target, by, why).await?;
    end_shadow(store, target).await?;
    store.resume_promotions(target).await?;
    Ok(Rollback { target: card.target, model_id: card.model_id, kind: card.kind })
}
