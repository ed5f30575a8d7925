//! `plumb score`: scores all open leads into the ranked list, or the rows of a file into another.

mod leads;
mod file;
mod output;
mod unfinished;
mod in_order;

use std::path::PathBuf;

use anyhow::{Context, Result};
use plumb_lead::{Language, Unseen};

use super::{Asked, Batch, Workplace};
use crate::commands::output::Format;
use crate::scoring;

pub(crate) use leads::score_leads;

/// Reasons of a row of a file, unless told otherwise.
const REASONS_WRITTEN: usize = 3;

/// Categories that training never saw, named on the terminal and counted: millions of rows may have as many.
const UNSEEN_MAX: usize = 100;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// A CSV or Parquet file with a column for each feature of the model; without one, all open leads are scored.
    file: Option<PathBuf>,
    #[command(flatten)]
    asked: Asked,
    #[command(flatten)]
    batch: Batch,
    /// Also say what the model would have said at each age of an open lead that it has passed.
    #[arg(long, conflicts_with = "file")]
    history: bool,
    /// Where the scores of a file go, `.csv`, `.jsonl` or `.parquet`; the terminal, as CSV, unless told otherwise.
    #[arg(long, value_name = "FILE", requires = "file")]
    out: Option<PathBuf>,
    /// The column of a file that says what its rows are called; it is copied.
    #[arg(long, value_name = "COLUMN", requires = "file")]
    id: Option<String>,
    /// How many reasons each row of a file gets at most.
    #[arg(long, value_name = "NUMBER", requires = "file", default_value_t = REASONS_WRITTEN)]
    reasons: usize,
    /// The language of the reasons of a file, as `de`; the model's own unless told otherwise.
    #[arg(long, value_name = "LANGUAGE", requires = "file")]
    language: Option<Language>,
    /// Also write what each feature did to the log-odds of each row of a file.
    #[arg(long, requires = "file")]
    contributions: bool,
}

pub(crate) async fn run(args: Args, _format: Format) -> Result<()> {
    if let Some(path) = args.file.clone() {
        return file::score(args, path).await;
    }
    let workplace =
        Workplace::open(&args.asked.place).await.context("without a file, the open leads of a project are scored")?;
    let workplace = workplace.computing(&args.batch).await?;
    let now = workplace.project.now(args.asked.as_of);
    for target in workplace.project.targets_meant(&args.asked.target)? {
        print!("{}", score_leads(&workplace, &target, now, args.history).await?.told());
    }
    Ok(())
}

/// Adds categories that training never saw, as far as they are named.
fn add_unseen(all: &mut Vec<Unseen>, more: Vec<Unseen>) {
    scoring::add_unseen(all, more);
    all.truncate(UNSEEN_MAX);
}

fn told_of_unseen(unseen: &[Unseen]) -> String {
    let line = |category: &Unseen| {
        format!(
            "  {} rows have `{}` = `{}`, which training never saw: it counted as missing\n",
            category.rows, category.feature, category.level
        )
    };
    let mut text: String = unseen.iter().map(line).collect();
    if unseen.len() == UNSEEN_MAX {
        text.push_str("  there may be more categories that training never saw: not all of them are listed\n");
    }
    text
}
