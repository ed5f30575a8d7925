//! Rebuilds a model of the registry: trains it once more, or, if it was imported, calibrates it once more.

use anyhow::{Context, Result, bail};
use plumb_lead::ModelCard;
use plumb_learn::Predictor;

use super::candidates::{CandidateModel, Holdout};
use super::data::TrainingData;
use super::import::import;
use super::progress::RunControl;
use super::split_rows::SplitRows;
use super::train::train_one;
use crate::scoring::Artifact;

/// A model of the registry that was built once more.
pub(crate) struct Rebuilt {
    /// The model.
    pub(crate) model: CandidateModel,
    /// The rows that it was tested on; none for a cold start.
    pub(crate) holdout: Holdout,
}

/// Builds a model of the registry once more, from the data that was known when it was trained.
pub(crate) fn rebuild(
    data: &TrainingData,
    card: &ModelCard,
    artifact: &Artifact,
    control: &RunControl,
) -> Result<Rebuilt> {
    let holdout = data.split_rows().map(SplitRows::holdout).unwrap_or_default();
    let model = match &card.imported {
        None => train_one(data, card.kind, control)?,
        Some(imported) => {
            let Predictor::Boosted(boosted) = &artifact.model.predictor else {
                bail!("model `{}` was imported and has no trees", card.model_id);
            };
            let mut features = artifact.model.features.clone();
            for feature in &mut features.features {
                feature.messages = data.message_catalog().messages_of(&feature.name);
            }
            features.languages = data.message_catalog().languages.clone();
            import(data, boosted, &features, imported).context("cannot calibrate the imported model once more")?
        }
    };
    Ok(Rebuilt { model, holdout })
}
