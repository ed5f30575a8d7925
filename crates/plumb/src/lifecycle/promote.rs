//! Promotes a model to champion of its target.

use std::path::Path;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use plumb_lead::LeakEvidence;
use serde::Serialize;

use super::locks;
use super::retrain::{PromotedModel, promote_locked};
use super::workspace::load_model;
use crate::registry;
use crate::store::Store;

/// The outcome of a promotion.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Promotion {
    /// The target.
    pub(crate) target: String,
    /// Its champion now.
    pub(crate) model_id: String,
    /// The champion before; `None` if there was none, or the same.
    pub(crate) retired: Option<String>,
    /// The suspected leaks that it sees.
    pub(crate) leaks: Vec<LeakEvidence>,
}

/// Promotes a model, or the target's challenger, in the name of `by`, a person: what the project's rule promotes by itself is
/// let go on if it had stopped. A model that cannot be read is refused.
pub(crate) async fn promote(
    store: &Store,
    data: &Path,
    target: &str,
    model_id: Option<String>,
    promoted_at: DateTime<Utc>,
    by: &str,
    why: &str,
) -> Result<Promotion> {
    let _lock = locks::registry(data)?;
    let model_id = match model_id {
        Some(model_id) => model_id,
        None => {
            let challenger = registry::challenger(store, target).await?;
            let missing =
                || format!("target `{target}` has no challenger: name a model by --model, or run `plumb retrain`");
            challenger.with_context(missing)?.model_id
        }
    };
    load_model(data, &model_id).await?;
    let leaks = registry::card(store, &model_id).await?.suspects_seen();
    let why = match leaks.is_empty() {
        true => why.to_owned(),
        false => format!("{why}; in spite of suspected leaks: {}", registry::leak_columns(&leaks)),
    };
    let model = PromotedModel { target, model_id: &model_id, promoted_at };
    let retired = promote_locked(store, &model, by, &why, false).await?;
    Ok(Promotion { target: target.to_owned(), model_id, retired, leaks })
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use crate::store::tests::empty;

    #[tokio::test]
    async fn a_model_that_is_missing_is_refused() {
        let (store, folder) = empty().await;
        let promote = |model: Option<&str>| {
            let (store, data, model) = (store.clone(), folder.path().to_owned(), model.map(str::to_owned));
            let at = DateTime::UNIX_EPOCH;
            async move { super::promote(&store, &data, "won", model, at, "ada", "a test").await.expect_err("refused") }
        };
        assert!(promote(None).await.to_string().contains("target `won` has no challenger"));
        let error = promote(Some("0123456789abcdef")).await;
        assert!(error.to_string().contains("cannot read model `0123456789abcdef`"), "{error:#}");
    }
}
