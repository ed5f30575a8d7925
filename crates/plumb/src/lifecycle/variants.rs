//! Shows and changes which models serve a target beside its champion, or only in the shadow.

use std::path::Path;

use anyhow::{Result, ensure};
use serde::Serialize;

use super::locks;
use super::workspace::load_model;
use crate::registry;
use crate::store::{Store, Variant};

/// A variant of a target, with its share of the requests.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct VariantShare {
    /// Its name.
    pub(crate) name: String,
    /// Its model; `None` is the champion, whichever model that is.
    pub(crate) model_id: Option<String>,
    /// Its share of the requests is this of the sum of all weights.
    pub(crate) weight: f64,
    /// Whether it scores requests without answering them.
    pub(crate) shadow: bool,
    /// Its share of the requests; `None` in the shadow.
    pub(crate) share: Option<f64>,
}

/// Returns the variants of a target.
pub(crate) async fn list(store: &Store, target: &str) -> Result<Vec<VariantShare>> {
    let variants = registry::variants(store, target).await?;
    let total: f64 = variants.iter().filter(|variant| !variant.shadow).map(|variant| variant.weight).sum();
    let share = |Variant { name, model_id, weight, shadow }| {
        let share = (!shadow).then_some(weight / total);
        VariantShare { name, model_id, weight, shadow, share }
    };
    Ok(variants.into_iter().map(share).collect())
}

/// Adds a variant, or changes the one of its name, in the name of `by`. A model that cannot be read is refused.
pub(crate) async fn set(
    store: &Store,
    data: &Path,
    target: &str,
    variant: &Variant,
    by: &str,
) -> Result<Vec<VariantShare>> {
    if let Some(model_id) = &variant.model_id {
        load_model(data, model_id).await?;
    }
    let _lock = locks::registry(data)?;
    registry::set_variant(store, target, variant, by).await?;
    list(store, target).await
}

/// Removes a variant, in the name of `by`.
pub(crate) async fn remove(
    store: &Store,
    data: &Path,
    target: &str,
    name: &str,
    by: &str,
) -> Result<Vec<VariantShare>> {
    let _lock = locks::registry(data)?;
    let was_there = registry::remove_variant(store, target, name, by).await?;
    ensure!(was_there, "target `{target}` has no variant `{name}`");
    list(store, target).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::empty;

    #[tokio::test]
    async fn shares_are_of_the_variants_that_answer() {
        let (store, folder) = empty().await;
        let variant = |name: &str, weight, shadow| Variant { name: name.into(), model_id: None, weight, shadow };
        set(&store, folder.path(), "won", &variant("blue", 3.0, false), "ada").await.expect("a name and a weight");
        let shares = set(&store, folder.path(), "won", &variant("dark", 1.0, true), "ada").await.expect("a shadow");
        let shares: Vec<(&str, Option<f64>)> =
            shares.iter().map(|variant| (variant.name.as_str(), variant.share)).collect();
        assert_eq!(shares, [("AllTraffic", Some(0.25)), ("blue", Some(0.75)), ("dark", None)]);
        let error = remove(&store, folder.path(), "won", "green", "ada").await.expect_err("there is no such variant");
        assert_eq!(error.to_string(), "target `won` has no variant `green`");
        assert_eq!(remove(&store, folder.path(), "won", "blue", "ada").await.expect("it is there").len(), 2);
    }
}
