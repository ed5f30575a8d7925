//! `plumb score`: scores all open leads into the ranked list, or the rows of a file into another.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use plumb_lake::{CategoryWithoutRate, FailedSource};
use plumb_lead::{Language, Unseen};
use plumb_schedule::Job;

use super::arguments::{BatchArgs, TargetArgs, WaitArgs, current_user, number};
use super::output::{Format, is_closed_pipe, note};
use super::progress::{ProgressLine, percent_bar};
use super::reading_arguments::ReadingArgs;
use super::reading_text::notes_text;
use super::retrain_text::settle_and_say;
use crate::lifecycle::progress::Progress;
use crate::lifecycle::score::{
    Destination, FileProgress, FileRequest, FileScores, LeadScores, LeadsRequest, NoRowsScored, UNSEEN_MAX, score_file,
    score_leads,
};
use crate::runs::RunByHand;
use crate::schedule::summary::{self, of_targets};

/// The most reasons of a row of a file, by default.
const REASONS_DEFAULT: usize = 3;

/// As many as a model may have features.
const REASONS_MAX: u64 = 65_535;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// A file with a column for each feature of the model, of any format that `plumb quick` reads [default: the open leads].
    file: Option<PathBuf>,
    #[command(flatten)]
    targets: TargetArgs,
    #[command(flatten)]
    batch: BatchArgs,
    #[command(flatten)]
    wait: WaitArgs,
    /// Also store the model's scores at the earlier ages of open leads.
    #[arg(long, conflicts_with = "file")]
    history: bool,
    /// Write the scores of a file to this `.csv`, `.jsonl` or `.parquet` [default: standard output, as CSV].
    #[arg(long, value_name = "FILE", requires = "file")]
    out: Option<PathBuf>,
    /// Copy this column of a file as the ids of its rows.
    #[arg(long, value_name = "COLUMN", requires = "file")]
    id: Option<String>,
    /// Write at most this many reasons for each row of a file.
    #[arg(long, value_name = "NUMBER", requires = "file", default_value_t = REASONS_DEFAULT, value_parser = number(0..=REASONS_MAX))]
    reasons: usize,
    /// Write the reasons of a file in this language, as `de` [default: the model's own].
    #[arg(long, value_name = "LANGUAGE", requires = "file")]
    language: Option<Language>,
    /// Also write each feature's contribution to the log-odds of each row of a file.
    #[arg(long, requires = "file")]
    contributions: bool,
    #[command(flatten)]
    reading: ReadingArgs,
}

pub(crate) async fn run(args: Args, format: Format) -> Result<()> {
    match args.file.clone() {
        Some(file) => score_rows(args, file, format).await,
        None => score_open_leads(args, format).await,
    }
}

async fn score_open_leads(args: Args, format: Format) -> Result<()> {
    ensure!(
        args.reading.plan()?.is_none(),
        "--reading, --sheet, --encoding and --separator say how a file is read: name it"
    );
    let opened = args.targets.paths.open().await.context("without a file, the open leads of a project are scored")?;
    let workspace = args.batch.apply(opened).await?.if_locked(args.wait.if_locked());
    let now = workspace.as_of(args.targets.as_of)?;
    let is_fixed = args.targets.as_of.is_some();
    let run = RunByHand::begin(&args.targets.paths.paths(), Job::Score, &current_user()).await?;
    let log = run.log();
    let scored = async {
        let mut outcomes = format.outcomes(leads_text);
        for target in workspace.project.targets_meant(&args.targets.target)? {
            let line = ProgressLine::bar(&format!("{target}: leads"))?;
            let request = LeadsRequest { target: &target, as_of: now, is_fixed, history: args.history };
            let show = |progress: Progress<'_>| {
                log.progress(progress);
                line.show(progress);
            };
            let scores = score_leads(&workspace, request, &show).await?;
            drop(line);
            outcomes.add(scores)?;
            settle_and_say(&workspace, &target, now).await?;
        }
        outcomes.finish()
    };
    let summary = |all: &Vec<LeadScores>| of_targets(all, |scores| &scores.target, summary::scored);
    run.end(scored.await, summary).await.map(drop)
}

async fn score_rows(args: Args, file: PathBuf, format: Format) -> Result<()> {
    ensure!(
        format == Format::Text || args.out.is_some(),
        "--json prints the outcome on standard output: name a file for the scores by --out"
    );
    let to_standard_output = args.out.is_none();
    let request = FileRequest {
        path: file,
        reading: args.reading.plan()?,
        targets: args.targets.target,
        id_column: args.id,
        destination: args.out.map_or_else(|| Destination::Stream(Box::new(std::io::stdout())), Destination::File),
        reasons_max: args.reasons,
        language: args.language,
        contributions: args.contributions,
    };
    let (bar, started) = (percent_bar()?, Instant::now());
    let shown = bar.clone();
    let show = move |progress: FileProgress| {
        shown.set_length(progress.length);
        shown.set_position(progress.position);
        shown.set_message(progress_text(&progress, started));
    };
    let scored = score_file(&args.targets.paths.paths().data, request, show).await;
    bar.finish_and_clear();
    if let Some(NoRowsScored(scores)) = scored.as_ref().err().and_then(|error| error.downcast_ref()) {
        note(&warnings_text(scores));
    }
    // Standard output is the only pipe that scores go to; who reads no further wants no more of them.
    let scores = match scored {
        Err(error) if to_standard_output && is_closed_pipe(&error) => return Ok(()),
        scored => scored?,
    };
    note(&warnings_text(&scores));
    format.print(&scores, file_text)
}

fn progress_text(progress: &FileProgress, started: Instant) -> String {
    let FileProgress { rows_scored, rows_rejected, .. } = progress;
    let rate = *rows_scored as f64 / started.elapsed().as_secs_f64().max(1e-3);
    let rejected = if *rows_rejected == 0 { String::new() } else { format!(", {rows_rejected} rejected") };
    format!("{rows_scored} rows, {rate:.0} rows/s{rejected}")
}

/// Returns how a file was read, its rejected rows and its unseen categories, as lines.
fn warnings_text(scores: &FileScores) -> String {
    let mut text = notes_text(&scores.notes);
    let rejected = scores.rejected.iter().map(|row| format!("rejected: {row}\n"));
    text.extend(rejected);
    if scores.rows_rejected > scores.rejected.len() as u64 {
        text.push_str(&format!("rejected: {} rows in all\n", scores.rows_rejected));
    }
    if let Some(path) = &scores.rejected_file {
        text.push_str(&format!("rejected rows are listed in {}\n", path.display()));
    }
    text.push_str(&unseen_text(&scores.unseen));
    text
}

fn file_text(scores: &FileScores) -> String {
    let Some(out) = &scores.out else { return String::new() };
    let (kind, id) = (scores.model_kind.word(), &scores.model_id);
    format!("{} rows scored by {kind} `{id}` into {}\n", scores.rows_scored, out.display())
}

/// Returns the scores of open leads as lines.
pub(crate) fn leads_text(scores: &LeadScores) -> String {
    let bands: Vec<String> = scores.bands.iter().map(|(band, leads)| format!("{leads} {}", band.letter())).collect();
    let mut text = format!("{}: {} open leads scored: {}\n", scores.target, scores.leads, bands.join(", "));
    if scores.leads_before > 0 {
        text.push_str(&format!(
            "  {} more were scored by a run that was killed; this one went on\n",
            scores.leads_before
        ));
    }
    for FailedSource { source, since, problem } in &scores.stale_sources {
        let since = since.format("%Y-%m-%d %H:%M");
        text.push_str(&format!(
            "  stale: `{source}` is known as before {since}: since then no ingestion could read it: {problem}\n"
        ));
    }
    text.push_str(&unseen_text(&scores.unseen));
    for CategoryWithoutRate { column, level, rows } in &scores.categories_without_rate {
        text.push_str(&format!(
            "  {rows} rows have `{column}` = `{level}`, which has no known outcome: the overall rate was used\n"
        ));
    }
    text
}

fn unseen_text(unseen: &[Unseen]) -> String {
    let line = |category: &Unseen| {
        format!(
            "  {} rows have `{}` = `{}`, which was not in the training data: it counts as missing\n",
            category.rows, category.feature, category.level
        )
    };
    let mut text: String = unseen.iter().map(line).collect();
    if unseen.len() == UNSEEN_MAX {
        text.push_str("  not all categories that were not in the training data are listed\n");
    }
    text
}
