//! `plumb profile`: what is in a table, before anybody models it.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use plumb_profile::TargetChoice;
use plumb_tables::ReadingPlan;

use super::arguments::PathArgs;
use super::output::Format;
use super::profile_text::text;
use super::progress::ProgressLine;
use crate::files::read_text;
use crate::lifecycle::profile::{ProfileRequest, Subject, profile};
use crate::lifecycle::progress::SharedProgress;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Profile this file; `-` is standard input.
    #[arg(required_unless_present = "features")]
    file: Option<PathBuf>,
    /// Profile the features of this target of the project instead, with their labels.
    #[arg(long, value_name = "TARGET", conflicts_with_all = ["file", "target", "sheet", "reading"])]
    features: Option<String>,
    /// Show how each column goes with this one.
    #[arg(long, value_name = "COLUMN")]
    target: Option<String>,
    /// Count these values of the target as positive [default: yes, true or 1, or else the rarer of two].
    #[arg(long, value_name = "VALUES", value_delimiter = ',', requires = "target")]
    positive: Vec<String>,
    /// Tell time by this column [default: the timestamp that is missing least].
    #[arg(long, value_name = "COLUMN")]
    time: Option<String>,
    /// Compare with this earlier file: what has moved, what is new, what is gone.
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
    /// Write the page to this file, and a JSON document beside it [default: `NAME.html` in `data/profiles` of a project, else
    /// in `plumb-profile`].
    #[arg(long, value_name = "FILE.html")]
    out: Option<PathBuf>,
    /// Read the file by this plan.
    #[arg(long, value_name = "FILE.toml")]
    reading: Option<PathBuf>,
    /// Read this sheet of a workbook.
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,
    /// Allow this share of the rows to be lost in reading, in percent.
    #[arg(long, value_name = "PERCENT", default_value_t = 1.0)]
    allow_lost: f64,
    /// Seed the sample.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    paths: PathArgs,
}

pub(crate) async fn run(args: Args, format: Format) -> Result<()> {
    let request = ProfileRequest {
        plan: plan(args.reading.as_ref(), args.sheet)?,
        subject: match (args.file, args.features) {
            (Some(file), _) => Subject::File(file),
            (None, Some(target)) => Subject::Features(target),
            (None, None) => bail!("there is nothing to profile: name a file, or a target with `--features`"),
        },
        paths: args.paths.paths(),
        allow_lost_percent: args.allow_lost,
        target: args.target.map(|column| TargetChoice { column, positives: args.positive }),
        time: args.time,
        against: args.against,
        out: args.out,
        seed: args.seed,
    };
    let line = Arc::new(ProgressLine::bar("")?);
    let shown = line.clone();
    let progress: SharedProgress = Arc::new(move |event| shown.show(event));
    let outcome = profile(request, &progress).await;
    // With the last of the two the line is cleared.
    drop((progress, line));
    format.print(&outcome?, text)
}

fn plan(file: Option<&PathBuf>, sheet: Option<String>) -> Result<ReadingPlan> {
    let mut plan = match file {
        Some(path) => toml::from_str(&read_text(path, "a plan of reading")?)
            .with_context(|| format!("cannot read the plan of reading `{}`", path.display()))?,
        None => ReadingPlan::default(),
    };
    if sheet.is_some() {
        plan.file.sheet = sheet;
    }
    Ok(plan)
}
