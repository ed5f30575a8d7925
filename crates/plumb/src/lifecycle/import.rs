//! Imports a model that was trained elsewhere: calibrates and measures it on our newest rows, and registers it. From then
//! on it is scored, explained, monitored and promoted like any other.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use chrono::{DateTime, Utc};
use plumb_lead::{ModelCard, Recency};
use plumb_learn::boosted::Boosted;
use plumb_learn::trees::column_splits;
use serde::Serialize;

use super::locks;
use super::workspace::Workspace;
use crate::model_import::{self, ColumnHints, Columns, ImportedFile, MissingValue};
use crate::registry::{self, Nomination};
use crate::training::{
    self, CandidateModel, LeftOut, ProgressCallback, Search, TrainingData, TrainingEvent, TrainingSpec,
};

/// What is to be imported.
#[derive(Clone, Debug)]
pub(crate) struct ImportRequest {
    /// The model's file: JSON or UBJ as XGBoost writes them, or a tar.gz with one in it.
    pub(crate) file: PathBuf,
    /// The target that it predicts.
    pub(crate) target: String,
    /// What the file does not say of its columns.
    pub(crate) hints: ColumnHints,
    /// Which rounds count; needed if early stopping found a best one before the last.
    pub(crate) rounds: Option<Rounds>,
    /// What missing values are to the model; needed if its trees show that training had none.
    pub(crate) missing: Option<MissingValue>,
    /// The model is calibrated and measured on what was known by then.
    pub(crate) as_of: DateTime<Utc>,
    /// Seed of the intervals.
    pub(crate) seed: u64,
}

/// Which trees of a file count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rounds {
    /// Up to the best round: as scikit-learn's interface and SageMaker's container predict.
    Best,
    /// All: as `Booster.predict` does.
    All,
}

/// The outcome of an import.
#[derive(Debug, Serialize)]
pub(crate) struct ImportOutcome {
    /// The rounds that count.
    pub(crate) rounds: usize,
    /// The rounds in the file.
    pub(crate) rounds_in_file: usize,
    /// The features that were taken for the model's columns by their order alone; `None` if they were found by name.
    pub(crate) columns_by_position: Option<Vec<String>>,
    /// The number that stands for missing values, if one does.
    pub(crate) missing: Option<f32>,
    /// The model's card.
    pub(crate) card: ModelCard,
    /// What it was nominated for.
    pub(crate) nomination: Nomination,
}

/// A model that is imported and not registered yet.
struct Measured {
    model: CandidateModel,
    rounds: usize,
    missing: Option<f32>,
    columns_by_position: Option<Vec<String>>,
}

/// Imports a model, and nominates it in the name of `by`.
pub(crate) async fn import(
    workspace: &Workspace,
    request: ImportRequest,
    by: &str,
    progress: &ProgressCallback,
) -> Result<ImportOutcome> {
    let ImportRequest { file, target, hints, rounds, missing, as_of, seed } = request;
    let path = file.clone();
    let read = tokio::task::spawn_blocking(move || model_import::read(&path));
    let imported_file = read.await.context("reading the model ended early")??;
    let rounds_in_file = imported_file.trees.metadata().rounds();
    let rounds = rounds_counted(&imported_file, rounds)?;
    progress(TrainingEvent::CollectingRows { target: target.clone() });
    let spec = TrainingSpec {
        target: target.clone(),
        as_of,
        seed,
        search: Search::Usual,
        out_of_core: None,
        left_out: LeftOut::Suspects,
        recency: Recency::default(),
    };
    let too_few =
        format!("cannot import for `{target}`: an imported model is calibrated and measured on known outcomes");
    let data = training::collect(workspace.training_context(), spec).await.with_context(|| too_few.clone())?;
    data.table().context(too_few)?;
    let measured =
        training::run_blocking(progress, move |_| measure(&data, &imported_file, rounds, missing, &hints)).await?;
    let Measured { model, rounds, missing, columns_by_position } = measured;
    let _lock = locks::registry(&workspace.data)?;
    registry::add(&workspace.store, &workspace.data, &model.bytes, &model.card).await?;
    let why = format!("imported from `{}`", file.display());
    let nomination = registry::nominate(&workspace.store, &model.card, by, &why).await?;
    Ok(ImportOutcome { rounds, rounds_in_file, columns_by_position, missing, card: model.card, nomination })
}

/// Calibrates and measures an imported model.
fn measure(
    data: &TrainingData,
    file: &ImportedFile,
    rounds: Option<usize>,
    missing: Option<MissingValue>,
    hints: &ColumnHints,
) -> Result<Measured> {
    let ImportedFile { bytes, trees, imported } = file;
    let metadata = trees.metadata();
    let found = model_import::columns(metadata, trees.columns(), data.table()?, data.message_catalog(), hints);
    let Columns { features, numbers, by_position } =
        found.with_context(|| format!("`{}` does not fit", imported.file))?;
    let names = || features.features.iter().map(|feature| feature.name.clone()).collect();
    let columns_by_position = by_position.then(names);
    let missing = model_import::missing_number(&column_splits(bytes)?, &features, data.table()?, missing)
        .with_context(|| format!("cannot import `{}`", imported.file))?;
    let boosted = Boosted::import(bytes, rounds, missing, numbers)?;
    let model = training::import(data, &boosted, &features, imported)?;
    Ok(Measured { model, rounds: rounds.unwrap_or(metadata.rounds()), missing, columns_by_position })
}

/// Returns how many rounds count; `None` is all.
fn rounds_counted(file: &ImportedFile, rounds: Option<Rounds>) -> Result<Option<usize>> {
    let metadata = file.trees.metadata();
    match (metadata.best_round, rounds) {
        (_, Some(Rounds::All)) | (None, None) => Ok(None),
        (Some(best), None) if best == metadata.rounds() => Ok(None),
        (Some(best), Some(Rounds::Best)) => Ok(Some(best)),
        (Some(best), None) => bail!(
            "`{}` has {} rounds, and early stopping found the first {best} best: `Booster.predict` used all, \
             scikit-learn's interface and SageMaker's container only the best; say which by `--rounds all` or \
             `--rounds best`",
            file.imported.file,
            metadata.rounds()
        ),
        (None, Some(Rounds::Best)) => {
            bail!("`{}` does not say which round was best: leave out `--rounds best`", file.imported.file)
        }
    }
}
