//! `plumb profile`: what is in a table, before anybody models it.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Result, bail};
use plumb_profile::TargetChoice;

use super::arguments::PathArgs;
use super::output::Format;
use super::profile_text::text;
use super::progress::ProgressLine;
use super::reading_arguments::{ReadingArgs, percent};
use crate::lifecycle::profile::{ProfileRequest, Subject, profile};
use crate::lifecycle::progress::SharedProgress;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Profile this file; `-` is standard input.
    #[arg(required_unless_present_any = ["features", "table", "ground"])]
    file: Option<PathBuf>,
    /// Profile the raw rows of a source's table instead, such as `crm.leads`; the rows of files are `NAME.records`.
    #[arg(long, value_name = "SOURCE.TABLE", conflicts_with = "file")]
    table: Option<String>,
    /// Profile a relation of the ground instead.
    #[arg(long, value_name = "RELATION", value_parser = ["lead", "event", "outcome"], conflicts_with_all = ["file", "table"])]
    ground: Option<String>,
    /// Profile the features of this target of the project instead, with their labels.
    #[arg(long, value_name = "TARGET", conflicts_with_all = ["file", "target", "table", "ground"])]
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
    #[command(flatten)]
    reading: ReadingArgs,
    /// Go on if at most this share of the rows cannot be read.
    #[arg(long, value_name = "PERCENT", default_value_t = 1.0, value_parser = percent, help_heading = "Reading")]
    allow_lost: f64,
    /// Seed the sample.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    paths: PathArgs,
}

pub(crate) async fn run(args: Args, format: Format) -> Result<()> {
    let request = ProfileRequest {
        plan: args.reading.plan()?.unwrap_or_default(),
        subject: match (args.file, args.table, args.ground, args.features) {
            (Some(file), ..) => Subject::File(file),
            (_, Some(table), ..) => Subject::RawTable(table),
            (_, _, Some(relation), _) => Subject::Relation(relation),
            (_, _, _, Some(target)) => Subject::Features(target),
            (None, None, None, None) => bail!(
                "there is nothing to profile: name a file, a source's table with `--table`, a relation with `--ground`, or a \
                 target with `--features`"
            ),
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
