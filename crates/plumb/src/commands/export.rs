//! `plumb export`: writes the trees of a model as XGBoost wrote them, for Python or any other program that has XGBoost.

use std::path::PathBuf;

use anyhow::Result;

use super::arguments::PathArgs;
use super::output::Format;
use crate::lifecycle::export::{ExportOutcome, export};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    paths: PathArgs,
    /// Export the model with this id.
    model: String,
    /// Write to `NAME.json`, or `NAME.ubj` for a model that was imported as UBJ; `NAME.inputs.json` goes beside it.
    file: PathBuf,
}

pub(crate) async fn run(args: Args, format: Format) -> Result<()> {
    format.print(&export(&args.paths.paths().data, &args.model, &args.file).await?, text)
}

fn text(outcome: &ExportOutcome) -> String {
    let ExportOutcome { model_id, file, inputs_file } = outcome;
    format!(
        "`{}`: the trees of `{model_id}`, as XGBoost wrote them\n\
         `{}`: its columns, the numbers of their words, and how a margin becomes a score\n",
        file.display(),
        inputs_file.display()
    )
}
