//! Which models serve a target beside its champion, or only in the shadow.

use anyhow::{Result, bail};
use chrono::Utc;

use super::models::check_target;
use crate::store::{Store, Variant};

/// The variant that the champion serves as.
pub(crate) const CHAMPION_VARIANT: &str = "AllTraffic";

/// The longest name of a variant, as in SageMaker.
const NAME_LENGTH_MAX: usize = 63;

/// Returns the variants of a target. The champion is one, as [`CHAMPION_VARIANT`], with a weight of 1 unless that is set
/// otherwise.
pub(crate) async fn variants(store: &Store, target: &str) -> Result<Vec<Variant>> {
    let mut variants = store.variants(target).await?;
    if !variants.iter().any(|variant| variant.name == CHAMPION_VARIANT) {
        let champion = Variant { name: CHAMPION_VARIANT.to_owned(), model_id: None, weight: 1.0, shadow: false };
        variants.insert(0, champion);
    }
    Ok(variants)
}

/// Adds a variant, or changes the one of its name.
pub(crate) async fn set_variant(store: &Store, target: &str, variant: &Variant, by: &str) -> Result<()> {
    let name = &variant.name;
    check_name(name)?;
    if !(variant.weight.is_finite() && variant.weight >= 0.0) {
        bail!("a weight of {} is not possible: expected 0 or more", variant.weight);
    }
    if name == CHAMPION_VARIANT && (variant.shadow || variant.model_id.is_some()) {
        bail!("`{CHAMPION_VARIANT}` is the champion's: only its weight can be set; choose another name");
    }
    if let Some(id) = &variant.model_id {
        check_target(store, id, target).await?;
    }
    let own_weight = if variant.shadow { 0.0 } else { variant.weight };
    if weight_of_others(store, target, name).await? + own_weight <= 0.0 {
        bail!("no variant would serve `{target}`: give one a weight over 0");
    }
    store.put_variant(target, variant, by, Utc::now()).await
}

/// Removes a variant, and returns whether it was there.
pub(crate) async fn remove_variant(store: &Store, target: &str, name: &str, by: &str) -> Result<bool> {
    // Without a row of its own the champion has a weight of 1 again.
    if name != CHAMPION_VARIANT && weight_of_others(store, target, name).await? <= 0.0 {
        bail!("without `{name}` no variant would serve `{target}`: give another one a weight over 0 first");
    }
    store.remove_variant(target, name, by, Utc::now()).await
}

fn check_name(name: &str) -> Result<()> {
    let inner = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    let is_name = !name.is_empty()
        && name.len() <= NAME_LENGTH_MAX
        && name.chars().all(inner)
        && !name.starts_with('-')
        && !name.ends_with('-');
    if !is_name {
        bail!(
            "`{name}` is no name of a variant: expected at most {NAME_LENGTH_MAX} letters and digits, with hyphens only \
             between them"
        );
    }
    Ok(())
}

/// Returns the sum of the weights of the variants of other names.
async fn weight_of_others(store: &Store, target: &str, name: &str) -> Result<f64> {
    let others = variants(store, target).await?.into_iter().filter(|other| other.name != name && !other.shadow);
    Ok(others.map(|other| other.weight).sum())
}
