//! `plumb features`: freezes labelled rows with their features as data sets, or writes the features of all leads to a
//! file.

use std::path::PathBuf;

use anyhow::Result;

use super::arguments::{BatchArgs, TargetArgs};
use super::output::Format;
use super::progress::ProgressLine;
use crate::lifecycle::features::{self, FeatureFile, FrozenDataset};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    targets: TargetArgs,
    #[command(flatten)]
    batch: BatchArgs,
    /// Write the features of all leads to this Parquet file instead.
    #[arg(long, value_name = "FILE", conflicts_with = "target")]
    out: Option<PathBuf>,
}

pub(crate) async fn run(args: Args, format: Format) -> Result<()> {
    let workspace = args.batch.apply(args.targets.paths.open().await?).await?;
    let as_of = workspace.as_of_by_clock(args.targets.as_of)?;
    if let Some(out) = &args.out {
        return format.print(&features::write(&workspace, as_of, out).await?, file_text);
    }
    let mut outcomes = format.outcomes(dataset_text);
    for target in workspace.project.targets_meant(&args.targets.target)? {
        let line = ProgressLine::bar(&format!("{target}: rows"))?;
        let frozen = features::freeze(&workspace, &target, as_of, &|progress| line.show(progress)).await?;
        drop(line);
        outcomes.add(frozen)?;
    }
    outcomes.finish().map(drop)
}

fn dataset_text(frozen: &FrozenDataset) -> String {
    let FrozenDataset { dataset, censored } = frozen;
    format!(
        "{}: data set `{}`: {} rows of {} leads, {} positive, {} features; {censored} rows are too young to have a label\n",
        dataset.target, dataset.dataset_id, dataset.rows, dataset.leads, dataset.positives, dataset.features
    )
}

fn file_text(file: &FeatureFile) -> String {
    format!("{} leads as of {} into {}\n", file.rows, file.as_of.format("%Y-%m-%d %H:%M"), file.out.display())
}
