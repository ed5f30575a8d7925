//! `plumb export`: the trees of a model as XGBoost wrote them, for Python or any other program that has XGBoost.
//!
//! Beside them goes what those programs lack: which number each word is, and how a margin becomes our score.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use plumb_lead::FeatureKind;
use plumb_learn::boosted::Boosted;
use plumb_learn::{Model, Predictor};
use serde_json::{Value, json};

use super::{Place, load};
use crate::commands::output::Format;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    place: Place,
    /// The model's id.
    model: String,
    /// Where it goes: `NAME.json`, or `NAME.ubj` for a model that was imported as UBJ. `NAME.inputs.json` goes beside it.
    file: PathBuf,
}

pub(crate) async fn run(args: Args, _format: Format) -> Result<()> {
    let scorer = load(&args.place.data(), &args.model).await?;
    let model = &scorer.artifact.model;
    let boosted = match &model.predictor {
        Predictor::Boosted(boosted) => boosted,
        Predictor::Rules(_) | Predictor::Logistic(_) => {
            bail!("model `{}` is {}: only trees are XGBoost's", args.model, model.kind().word())
        }
        Predictor::Ensemble(_) => bail!(
            "model `{}` is an ensemble, the mean of a regression and of trees, which XGBoost cannot answer for: export the \
             xgboost model of the same training",
            args.model
        ),
    };
    let bytes = boosted.file()?;
    let form = if bytes.starts_with(b"{L") { "ubj" } else { "json" };
    if args.file.extension().is_none_or(|extension| extension != form) {
        // XGBoost goes by the name.
        bail!("`{}`: the model is kept as {form}, so its file has to be called `NAME.{form}`", args.file.display());
    }
    let write = |path: &PathBuf, bytes: &[u8]| {
        std::fs::write(path, bytes).with_context(|| format!("cannot write `{}`", path.display()))
    };
    write(&args.file, &bytes)?;
    let inputs = args.file.with_extension("inputs.json");
    let described = inputs_of(model, boosted);
    write(&inputs, &serde_json::to_vec_pretty(&described).context("cannot write the inputs as JSON")?)?;
    println!("`{}`: the trees of `{}`, as XGBoost wrote them", args.file.display(), args.model);
    println!("`{}`: its columns, the numbers of their words, and how a margin becomes a score", inputs.display());
    Ok(())
}

/// Returns what a caller of the trees has to know of their columns, and of the margin.
fn inputs_of(model: &Model, boosted: &Boosted) -> Value {
    let columns = model.features.features.iter().enumerate().map(|(index, feature)| {
        let FeatureKind::Category { levels } = &feature.kind else {
            return json!({ "name": feature.name, "kind": feature.kind.word() });
        };
        let numbers = boosted.numbers().find(|(column, _)| *column == index).map(|(_, numbers)| numbers.to_vec());
        let numbers = numbers.unwrap_or_else(|| (0..levels.len()).map(|code| code as f64).collect());
        let words: serde_json::Map<String, Value> =
            levels.iter().zip(numbers).map(|(word, number)| (word.clone(), json!(number))).collect();
        let is_native = boosted.categories().contains(&index);
        json!({ "name": feature.name, "kind": "category", "numbers": words, "feature_type": if is_native { "c" } else { "q" } })
    });
    json!({
        "columns": columns.collect::<Vec<_>>(),
        "rounds": boosted.rounds_counted(),
        "calibration": model.calibration,
        "threshold": model.threshold.score,
    })
}
