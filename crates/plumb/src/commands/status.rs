//! `plumb status`: shows what a project has, what was made of which, and what is stale.

use std::fmt::Write;

use anyhow::{Result, bail};
use chrono::{DateTime, Utc};
use plumb_lake::{GroundStatus, SourceStatus};

use super::arguments::PathArgs;
use super::output::Format;
use super::retrain_text::state_text;
use super::schedule;
use crate::lifecycle::status::{DatasetStatus, ModelStatus, Stale, Status, TargetStatus, status};

/// Data sets in the text, the newest of each target. All of them are in the JSON.
const DATASETS_SHOWN: usize = 10;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    paths: PathArgs,
    /// Fail if anything is stale, for CI.
    #[arg(long)]
    check: bool,
}

pub(crate) async fn run(args: Args, format: Format) -> Result<()> {
    let status = status(&args.paths.paths()).await?;
    format.print(&status, text)?;
    match status.stale.len() {
        stale if args.check && stale > 0 => bail!("stale: {stale}"),
        _ => Ok(()),
    }
}

/// Returns the status as lines.
fn text(status: &Status) -> String {
    let mut text = match &status.ground {
        Some(ground) => ground_text(ground),
        None => "nothing is ingested yet: run `plumb ingest`\n".to_owned(),
    };
    status.targets.iter().for_each(|target| text.push_str(&target_text(target)));
    text.push_str(&datasets_text(&status.datasets));
    if status.jobs.iter().any(|job| job.times.is_some()) {
        text.push_str("\njobs\n");
        text.push_str(&schedule::text(&status.jobs));
    }
    match status.stale.as_slice() {
        [] => text.push_str("\nnothing is stale\n"),
        stale => {
            text.push_str("\nstale\n");
            stale.iter().for_each(|stale| text.push_str(&stale_line(stale)));
        }
    }
    text
}

fn ground_text(ground: &GroundStatus) -> String {
    let counts = &ground.counts;
    let mut text = "sources\n".to_owned();
    ground.sources.iter().for_each(|source| text.push_str(&source_line(source)));
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "ground {:06}, ingested {}: {} leads, {} events, {} outcomes",
        ground.number,
        minute(ground.ingested_at),
        counts.leads,
        counts.events,
        counts.outcomes
    );
    text
}

fn source_line(source: &SourceStatus) -> String {
    let SourceStatus { name, is_configured, rows, newest_at, failure, .. } = source;
    let newest = newest_at.map_or_else(|| "no rows yet".to_owned(), |at| format!("the newest learned {}", minute(at)));
    let gone = if *is_configured { "" } else { ", no longer in plumb.toml" };
    let failed = failure.as_ref().map(|failure| format!(", cannot be read since {}", minute(failure.since)));
    format!("  {name:<16} {rows:>10} rows, {newest}{gone}{}\n", failed.unwrap_or_default())
}

fn target_text(target: &TargetStatus) -> String {
    let mut text = format!("\n{}\n", target.target);
    if target.models.is_empty() {
        let _ = writeln!(text, "  no model yet: run `plumb train --target {}`", target.target);
    }
    target.models.iter().for_each(|model| text.push_str(&model_line(model)));
    target.retraining.iter().for_each(|state| text.push_str(&state_text(state)));
    text
}

fn model_line(model: &ModelStatus) -> String {
    let ModelStatus { role, model_id, kind, as_of, dataset_id, rows, is_ground_newer, leaks, left_out } = model;
    let dataset = dataset_id.as_ref().map_or_else(String::new, |dataset| format!(" of data set `{dataset}`"));
    let newer = if *is_ground_newer == Some(true) { ", older than the ground" } else { "" };
    let list = |what: &str, names: &[String]| match names.is_empty() {
        true => String::new(),
        false => format!(", {what} `{}`", names.join("`, `")),
    };
    format!(
        "  {role:<12} {} `{model_id}`, as of {}, on {rows} rows{dataset}{newer}{}{}\n",
        kind.word(),
        as_of.format("%Y-%m-%d"),
        list("sees the suspected leaks", leaks),
        list("without", left_out)
    )
}

fn datasets_text(datasets: &[DatasetStatus]) -> String {
    if datasets.is_empty() {
        return String::new();
    }
    let mut text = "\ndata sets\n".to_owned();
    let shown = datasets.iter().rev().take(DATASETS_SHOWN);
    for DatasetStatus { dataset, models, features_changed, .. } in shown {
        let changed = match features_changed.len() {
            0 => String::new(),
            count => format!(", {count} features changed since"),
        };
        let _ = writeln!(
            text,
            "  {} {}, as of {}: {} rows, {} features, {} models{changed}",
            dataset.dataset_id,
            dataset.target,
            dataset.as_of.format("%Y-%m-%d"),
            dataset.rows,
            dataset.features,
            models.len()
        );
    }
    if datasets.len() > DATASETS_SHOWN {
        let _ = writeln!(text, "  and {} more: `plumb data list`", datasets.len() - DATASETS_SHOWN);
    }
    text
}

fn stale_line(stale: &Stale) -> String {
    format!("  {}: {}\n", stale.why, stale.way_out)
}

fn minute(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M").to_string()
}
