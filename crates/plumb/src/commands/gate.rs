//! `plumb gate`: checks whether a target's challenger may become its champion. For CI: it succeeds or fails, prints why,
//! and writes JSON and JUnit XML.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use super::arguments::PathArgs;
use super::junit::junit;
use super::output::{Format, note};
use super::training_progress::TrainingProgress;
use crate::lifecycle::gate::{GateCheck, GateReport, gate};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    paths: PathArgs,
    /// Check the challenger of this target [default: all that have one]. May be repeated.
    #[arg(long, value_name = "NAME")]
    target: Vec<String>,
    /// Allow these columns although they look like a leak.
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    allow_leak: Vec<String>,
    /// Write the report to this file as JUnit XML.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

pub(crate) async fn run(args: Args, format: Format) -> Result<()> {
    let workspace = args.paths.open().await?;
    let mut outcomes = format.outcomes(text);
    for target in workspace.project.targets_meant(&args.target)? {
        let progress = TrainingProgress::show();
        let report = gate(&workspace, &target, &args.allow_leak, &progress.callback()).await?;
        drop(progress);
        match report {
            Some(report) => outcomes.add(report)?,
            None if args.target.is_empty() => note(&format!("{target}: no challenger\n")),
            None => bail!("target `{target}` has no challenger to let through: run `plumb retrain`"),
        }
    }
    let reports = outcomes.finish()?;
    if let Some(path) = &args.junit {
        std::fs::write(path, junit(&reports)).with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    let closed: Vec<&str> =
        reports.iter().filter(|report| !report.is_open()).map(|report| report.target.as_str()).collect();
    if closed.is_empty() { Ok(()) } else { bail!("the gate is closed for `{}`", closed.join("`, `")) }
}

fn text(report: &GateReport) -> String {
    let mut text =
        format!("{}: challenger `{}` against champion `{}`\n", report.target, report.challenger, report.champion);
    for GateCheck { name, passed, found } in &report.checks {
        text.push_str(&format!("  {:<6} {name:<28} {found}\n", if *passed { "pass" } else { "FAIL" }));
    }
    text
}
