//! Candidate models of imported trees: the trees stay as they are; the calibration and the threshold are chosen on our
//! rows.
//!
//! Such a model is measured like any other: calibrated on the rows to choose on, tested on the newest ones. The rows that
//! it learned from are not known, though, so rows to test on may be among them.

use std::collections::BTreeMap;

use anyhow::Result;
use plumb_lead::{FeatureSet, Imported};
use plumb_learn::Fitted;
use plumb_learn::boosted::Boosted;

use super::candidate::{FittedTwice, candidate};
use super::candidates::CandidateModel;
use super::data::TrainingData;
use super::progress::FitPurpose;

/// Calibrates and measures imported trees.
pub(crate) fn import(
    data: &TrainingData,
    boosted: &Boosted,
    features: &FeatureSet,
    imported: &Imported,
) -> Result<CandidateModel> {
    let setup = &data.setup;
    let split = data.rows_to_measure()?;
    let fit = |purpose| -> Result<Fitted> {
        split.rows.with_parts(features, split.split(purpose), &setup.fit_config, |train, valid, params| {
            let settings = BTreeMap::from([("trees".to_owned(), boosted.rounds().to_string())]);
            plumb_learn::import([boosted.clone(), boosted.clone()], features, train, valid, params, settings)
        })
    };
    let fitted = FittedTwice { evaluation: fit(FitPurpose::Evaluation)?, final_fit: fit(FitPurpose::Final)? };
    let screening = split.screening(setup)?.of_imported(features);
    let mut model = candidate(setup, split, fitted, &screening, None)?;
    model.card.dataset.rows_train = 0;
    model.card.imported = Some(imported.clone());
    model.card.notes = split.flags_note.iter().cloned().collect();
    model.card.notes.push(format!(
        "trained elsewhere, by XGBoost {} for `{}`; from `{}`, SHA-256 {}",
        imported.xgboost, imported.objective, imported.file, imported.file_hash
    ));
    model.card.notes.push(
        "the rows that it learned from are not known: if rows to test on are among them, its figures here are too good; \
         its calibration and threshold were chosen on rows before these"
            .to_owned(),
    );
    Ok(model)
}
