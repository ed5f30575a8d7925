//! `plumb ingest`: copies new rows of the sources into the data folder, and derives leads, events and outcomes.

use anyhow::{Result, bail};
use plumb_lake::{FileNote, RejectedRow, SourceReport, Undated};
use plumb_schedule::Job;
use plumb_tables::{Level, NoteCode};

use super::arguments::{ClusterArgs, PathArgs, WaitArgs, current_user};
use super::output::Format;
use super::progress::ProgressLine;
use super::push::afterwards;
use crate::lifecycle::ingest::{IngestOutcome, RelationNote, ingest};
use crate::lifecycle::progress::Progress;
use crate::project::Project;
use crate::runs::RunByHand;
use crate::schedule::summary;

/// Rejected rows in the text. All of them are in `rejects.csv`.
const REJECTED_SHOWN: usize = 5;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    paths: PathArgs,
    #[command(flatten)]
    cluster: ClusterArgs,
    /// Derive everything anew from the raw rows, and not only what is new: the result is the same
    #[arg(long)]
    full: bool,
    #[command(flatten)]
    wait: WaitArgs,
}

pub(crate) async fn run(args: Args, format: Format) -> Result<()> {
    let paths = args.paths.paths();
    let project = Project::open(&paths.project)?;
    let cluster = args.cluster.connect(&paths.data).await?;
    let line = ProgressLine::spinner("");
    let if_locked = args.wait.if_locked();
    let run = RunByHand::begin(&paths, Job::Ingest, &current_user()).await?;
    let log = run.log();
    let show = |progress: Progress<'_>| {
        log.progress(progress);
        line.show(progress);
    };
    let ingested = ingest(&project, &paths.data, cluster.as_ref(), args.full, if_locked, &show).await;
    let outcome = run.end(ingested, summary::ingested).await?;
    drop(line);
    format.print(&outcome, text)?;
    afterwards(&paths).await;
    match outcome.sources.iter().filter(|source| source.failure.is_some()).count() {
        0 => Ok(()),
        failed => bail!("{failed} of {} sources could not be read; all else is ingested", outcome.sources.len()),
    }
}

/// Returns the outcome as lines.
pub(crate) fn text(outcome: &IngestOutcome) -> String {
    let mut lines = Vec::new();
    for source in &outcome.sources {
        lines.push(match &source.failure {
            Some(problem) => format!("{}: not read, and left as it was: {problem}", source.source),
            None => source_text(source),
        });
        lines.extend(source.notes.iter().map(note_text));
    }
    let counts = &outcome.counts;
    lines.extend(outcome.damaged.as_ref().map(|damaged| format!("derived again: {damaged}")));
    let unchanged = if outcome.unchanged { "nothing is new: " } else { "" };
    lines.push(format!(
        "{unchanged}{} leads in {} versions, {} events, {} outcomes",
        counts.leads, counts.lead_versions, counts.events, counts.outcomes
    ));
    lines.push(format!(
        "left out: {} duplicates, {} test leads with {} rows",
        counts.duplicates, counts.test_leads, counts.rows_of_test_leads
    ));
    if counts.unmatched_rows > 0 || counts.shared_keys > 0 {
        lines.push(format!(
            "unmatched: {} rows of no lead, and {} keys that too many leads share, listed in {}",
            counts.unmatched_rows,
            counts.shared_keys,
            outcome.unmatched_file.display()
        ));
    }
    lines.extend(outcome.notes.iter().map(relation_note_text));
    lines.extend(outcome.undated.iter().map(undated_text));
    for RejectedRow { file, line, field, reason } in outcome.rejected.iter().take(REJECTED_SHOWN) {
        let field = if field.is_empty() { String::new() } else { format!(", field `{field}`") };
        lines.push(format!("rejected: {file}, line {line}{field}: {reason}"));
    }
    if outcome.rejected_total > 0 {
        lines.push(format!(
            "rejected: {} rows in all, listed in {}",
            outcome.rejected_total,
            outcome.rejected_file.display()
        ));
    }
    lines.join("\n") + "\n"
}

fn source_text(report: &SourceReport) -> String {
    let SourceReport { source, rows_read, rows_new, rows_deleted, files_unchanged, .. } = report;
    let some = |count: u64, what: &str| if count > 0 { format!(", {count} {what}") } else { String::new() };
    let (deleted, unchanged) = (some(*rows_deleted, "deleted"), some(*files_unchanged, "files unchanged"));
    format!("{source}: {rows_read} rows read, {rows_new} new{deleted}{unchanged}")
}

fn level_word(level: Level) -> &'static str {
    match level {
        Level::Warning => "warning",
        Level::Info => "note",
    }
}

fn note_text(noted: &FileNote) -> String {
    let FileNote { file, files, note } = noted;
    let level = level_word(note.level);
    let others = if *files > 1 { format!(" and {} more", files - 1) } else { String::new() };
    let column = note.column.as_ref().map(|column| format!(", column `{column}`")).unwrap_or_default();
    let way_out = if note.way_out.is_empty() { String::new() } else { format!("; {}", note.way_out) };
    // What a file has is counted in the sentence; what a connector found is not.
    let times = if note.code == NoteCode::Connector && note.count > 1 {
        format!(" ({} times)", note.count)
    } else {
        String::new()
    };
    format!("  {level}: {file}{others}{column}: {}{times}{way_out}", note.what)
}

fn relation_note_text(RelationNote { level, note }: &RelationNote) -> String {
    let level = level_word(*level);
    format!("{level}: {}, column `{}`: {}; {}", note.relation, note.column, note.what, note.way_out)
}

fn undated_text(undated: &Undated) -> String {
    let Undated { file, relation, columns, rows } = undated;
    let counts = match relation.as_str() {
        "lead" => "count as known since their lead was created; changes are dated from now on",
        _ => "count as known when they happened",
    };
    format!(
        "not dated: may leak: {}, of {file}: {rows} rows without `known_at` {counts}",
        columns.iter().map(|column| format!("`{column}`")).collect::<Vec<_>>().join(", "),
    )
}
