//! `plumb features`: freezes labelled rows with their features as data sets, or writes features of all leads to a file.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use plumb_lead::Observation;

use super::{Asked, Batch, Workplace, bar};
use crate::commands::output::Format;
use crate::training::{self, Assignment, Search};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    asked: Asked,
    #[command(flatten)]
    batch: Batch,
    /// Instead, write the features of all leads at that moment to this Parquet file.
    #[arg(long, value_name = "FILE", conflicts_with = "target")]
    out: Option<PathBuf>,
}

pub(crate) async fn run(args: Args, _format: Format) -> Result<()> {
    let workplace = Workplace::open(&args.asked.place).await?.computing(&args.batch).await?;
    let as_of = workplace.project.now(args.asked.as_of);
    if let Some(out) = &args.out {
        return write(&workplace, as_of, out).await;
    }
    for target in workplace.project.targets_meant(&args.asked.target)? {
        let bar = bar(0, &format!("{target}: rows"))?;
        // The features do not depend on the seed; only a training does.
        let assignment = Assignment { target: target.clone(), as_of, seed: 0, search: Search::Usual };
        let progress = |done: usize, total: usize| {
            bar.set_length(total as u64);
            bar.set_position(done as u64);
        };
        let frozen = training::freeze(workplace.ground(), &assignment, &progress).await?;
        bar.finish_and_clear();
        let manifest = frozen.manifest;
        println!(
            "{target}: data set `{}`: {} rows of {} leads, {} positive, {} features; {} rows are too young to tell",
            manifest.dataset_id,
            manifest.rows,
            manifest.leads,
            manifest.positives,
            manifest.features().count(),
            frozen.censored
        );
    }
    Ok(())
}

async fn write(workplace: &Workplace, as_of: chrono::DateTime<chrono::Utc>, out: &Path) -> Result<()> {
    let leads = workplace.lake.leads(as_of).await?;
    let observations = leads.into_iter().map(|lead| Observation { lead_id: lead.lead_id, as_of });
    let sql = workplace.project.feature_sql()?;
    let rows = workplace
        .lake
        .write_features(&sql, observations, out)
        .await
        .with_context(|| format!("cannot write features to `{}`", out.display()))?;
    println!("{rows} leads as of {} into {}", as_of.format("%Y-%m-%d %H:%M"), out.display());
    Ok(())
}
