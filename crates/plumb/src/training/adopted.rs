//! A rung that was trained elsewhere: its trees stay as they are; the calibration and the threshold are chosen on our rows.
//!
//! It is measured as any rung is: calibrated on the rows to choose on, tested on the newest ones. What it learned from is
//! not known, though, so rows to test on may have been among it.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use plumb_lead::{FeatureSet, Imported, ModelCard};
use plumb_learn::boosted::Boosted;
use plumb_learn::{Fitted, Predictor};

use super::{Gathered, Rung, fit_one};
use crate::scoring::Artifact;

/// Calibrates and measures trees that were trained elsewhere.
pub(crate) fn import(
    gathered: &Gathered,
    boosted: &Boosted,
    features: &FeatureSet,
    imported: &Imported,
) -> Result<Rung> {
    let fit = |split| -> Result<Fitted> {
        gathered.rows.parts(features, split, &gathered.recipe, |train, valid, params| {
            let settings = BTreeMap::from([("trees".to_owned(), boosted.rounds().to_string())]);
            plumb_learn::import([boosted.clone(), boosted.clone()], features, train, valid, params, settings)
        })
    };
    let (earlier, now) = (fit(&gathered.by_time)?, fit(&gathered.for_use)?);
    let mut evidence = gathered.evidence()?;
    evidence.retain(|leak| features.position(&leak.column).is_some());
    let mut rung = gathered.rung(&earlier, now, &evidence, None)?;
    rung.card.dataset.rows_train = 0;
    rung.card.imported = Some(imported.clone());
    rung.card.notes = gathered.notes.clone();
    rung.card.notes.push(format!(
        "trained elsewhere, by XGBoost {} for `{}`; from `{}`, SHA-256 {}",
        imported.xgboost, imported.objective, imported.file, imported.file_hash
    ));
    rung.card.notes.push(
        "what it learned from is not known: if rows to test on were among it, its figures here are too good; its \
         calibration and threshold were chosen on rows before these"
            .to_owned(),
    );
    Ok(rung)
}

/// Makes a model of the registry again: it is fitted, or, if it was trained elsewhere, calibrated once more.
pub(crate) fn again(gathered: &Gathered, card: &ModelCard, artifact: &Artifact) -> Result<Rung> {
    let Some(imported) = &card.imported else { return fit_one(gathered, card.kind) };
    let Predictor::Boosted(boosted) = &artifact.model.predictor else {
        anyhow::bail!("model `{}` was imported and has no trees", card.model_id);
    };
    let mut features = artifact.model.features.clone();
    for feature in &mut features.features {
        feature.wording = gathered.recipe.message_catalog.messages_of(&feature.name);
    }
    features.languages = gathered.recipe.message_catalog.languages.clone();
    import(gathered, boosted, &features, imported).context("cannot calibrate the imported model again")
}

impl Gathered {
    /// Returns the columns of the training rows, which say of what kind each feature is.
    pub(crate) fn table(&self) -> &plumb_lead::Table {
        &self.rows.table
    }

    /// Returns how people are told of the features.
    pub(crate) fn message_catalog(&self) -> &plumb_lead::MessageCatalog {
        &self.recipe.message_catalog
    }
}
