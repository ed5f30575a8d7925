//! Exports the trees of a model as XGBoost wrote them, for Python or any other program that has XGBoost.
//!
//! Beside them it writes what those programs lack: which number each word is, and how a margin becomes our score.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use plumb_lead::FeatureKind;
use plumb_learn::boosted::Boosted;
use plumb_learn::{Model, Predictor};
use serde::Serialize;
use serde_json::{Value, json};

use super::workspace::load_model;

/// The outcome of an export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ExportOutcome {
    /// The model.
    pub(crate) model_id: String,
    /// The file of its trees.
    pub(crate) file: PathBuf,
    /// The file of its inputs.
    pub(crate) inputs_file: PathBuf,
}

/// Writes the trees of a model to a file, `NAME.json` or `NAME.ubj`, and its inputs to `NAME.inputs.json`.
pub(crate) async fn export(data: &Path, model_id: &str, file: &Path) -> Result<ExportOutcome> {
    let scorer = load_model(data, model_id).await?;
    let model = &scorer.artifact.model;
    let boosted = match &model.predictor {
        Predictor::Boosted(boosted) => boosted,
        Predictor::Rules(_) | Predictor::Logistic(_) => {
            bail!("model `{model_id}` is {}: only trees can be exported for XGBoost", model.kind().word())
        }
        Predictor::Ensemble(_) => bail!(
            "model `{model_id}` is an ensemble, the mean of a regression and of trees, which XGBoost cannot score: export \
             the xgboost model of the same training"
        ),
    };
    let bytes = boosted.file()?;
    let format = if bytes.starts_with(b"{L") { "ubj" } else { "json" };
    if file.extension().is_none_or(|extension| extension != format) {
        // XGBoost goes by the name.
        bail!("`{}`: the model is stored as {format}, so its file has to be called `NAME.{format}`", file.display());
    }
    write(file, &bytes)?;
    let inputs_file = file.with_extension("inputs.json");
    let inputs = inputs_of(model, boosted);
    write(&inputs_file, &serde_json::to_vec_pretty(&inputs).context("cannot write the inputs as JSON")?)?;
    Ok(ExportOutcome { model_id: model_id.to_owned(), file: file.to_owned(), inputs_file })
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    Ok(plumb_lake::write_atomically(path, bytes)?)
}

/// Returns what a caller of the trees has to know of their columns, and of the margin.
fn inputs_of(model: &Model, boosted: &Boosted) -> Value {
    let columns = model.features.features.iter().enumerate().map(|(index, feature)| {
        let FeatureKind::Category { levels } = &feature.kind else {
            return json!({ "name": feature.name, "kind": feature.kind.word() });
        };
        let numbers = boosted.numbers().find(|(column, _)| *column == index).map(|(_, numbers)| numbers.to_vec());
        let numbers = numbers.unwrap_or_else(|| (0..levels.len()).map(|code| code as f64).collect());
        let numbers: serde_json::Map<String, Value> =
            levels.iter().zip(numbers).map(|(word, number)| (word.clone(), json!(number))).collect();
        let feature_type = if boosted.categories().contains(&index) { "c" } else { "q" };
        json!({ "name": feature.name, "kind": "category", "numbers": numbers, "feature_type": feature_type })
    });
    json!({
        "columns": columns.collect::<Vec<_>>(),
        "rounds": boosted.rounds_counted(),
        "missing": boosted.missing(),
        "calibration": model.calibration,
        "threshold": model.threshold.score,
    })
}
