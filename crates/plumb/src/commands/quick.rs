//! `plumb quick`: from one file to a leaderboard and a model, with a warning of columns that may reveal the outcome.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;

use super::arguments::{ROWS_MAX, number};
use super::output::Format;
use super::progress::ProgressLine;
use super::quick_text::text;
use super::reading_arguments::{ReadingArgs, percent};
use crate::lifecycle::progress::SharedProgress;
use crate::lifecycle::quick::{ColumnChoice, GroupChoice, QuickRequest, Statuses, TimeChoice, quick};
use crate::lifecycle::reading::ReadingOptions;

/// What stands for no column at all.
const NONE: &str = "none";

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Read this file: CSV, a workbook, JSON, JSON Lines or Parquet, also compressed; `-` is standard input.
    file: PathBuf,
    /// Predict this column of two values, such as yes and no, or of more words, of which --positive names some.
    #[arg(long, value_name = "COLUMN")]
    target: String,
    /// Count these words of the target as positive [default: what says yes, or else the rarer of two].
    #[arg(long, value_name = "WORDS")]
    positive: Vec<String>,
    /// Count only these words of the target as negative, and leave out what is not named [default: all others].
    #[arg(long, value_name = "WORDS")]
    negative: Vec<String>,
    /// Leave out rows with these words of the target; `""` is none [default: those that look open, with --positive].
    #[arg(long, value_name = "WORDS")]
    ignore: Option<Vec<String>>,
    /// Test on the newest rows by this column of dates, or `none` [default: the one whose name says so].
    #[arg(long, value_name = "COLUMN")]
    time: Option<String>,
    /// Keep rows with one value of this column on one side, or `none` [default: a lead's id or e-mail that repeats].
    #[arg(long, value_name = "COLUMN")]
    group: Option<String>,
    /// Hide these columns from all models, such as those filled in after the outcome.
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    leave_out: Vec<String>,
    /// Use these columns, known before the outcome, however much they look like a leak.
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    keep: Vec<String>,
    /// Measure by cross-validation as well, in this many folds.
    #[arg(long, value_name = "COUNT")]
    folds: Option<usize>,
    /// Measure as well what retraining is worth, at each change of this column in a file in time order.
    #[arg(long, value_name = "COLUMN")]
    retrain_by: Option<String>,
    /// Measure retraining on this many of the last rows only.
    #[arg(long, value_name = "ROWS", requires = "retrain_by", value_parser = number(1..=ROWS_MAX))]
    newest: Option<usize>,
    /// Seed everything random.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Save the model in this folder [default: `plumb-quick/` and the file's name].
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    #[command(flatten)]
    reading: ReadingArgs,
    /// Go on if at most this share of the rows cannot be read.
    #[arg(long, value_name = "PERCENT", default_value_t = 1.0, value_parser = percent, help_heading = "Reading")]
    allow_lost: f64,
}

pub(crate) async fn run(args: Args, format: Format) -> Result<()> {
    let request = QuickRequest {
        file: args.file,
        reading: ReadingOptions { plan: args.reading.plan()?.unwrap_or_default(), allow_lost_percent: args.allow_lost },
        target: args.target,
        statuses: Statuses { positive: args.positive, negative: args.negative, ignore: args.ignore },
        columns: ColumnChoice { leave_out: args.leave_out, keep: args.keep },
        time: match args.time {
            None => TimeChoice::Find,
            Some(name) if name == NONE => TimeChoice::Without,
            Some(name) => TimeChoice::Column(name),
        },
        group: match args.group {
            None => GroupChoice::Find,
            Some(name) if name == NONE => GroupChoice::Without,
            Some(name) => GroupChoice::Column(name),
        },
        folds: args.folds,
        retrain_by: args.retrain_by,
        newest: args.newest,
        seed: args.seed,
        out: args.out,
    };
    let line = Arc::new(ProgressLine::bar("")?);
    let shown = line.clone();
    let progress: SharedProgress = Arc::new(move |event| shown.show(event));
    let outcome = quick(request, &progress).await;
    // With the last of the two the line is cleared.
    drop((progress, line));
    format.print(&outcome?, text)
}
