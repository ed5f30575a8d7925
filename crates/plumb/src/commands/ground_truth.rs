//! `plumb ground-truth`: stores labels in SageMaker's ground truth format and measures served predictions against them.

use std::path::PathBuf;

use anyhow::Result;
use plumb_lead::Metric;

use super::arguments::{PathArgs, WaitArgs};
use super::output::Format;
use super::progress::ProgressLine;
use crate::lifecycle::ground_truth::{
    Contradiction, GroundTruthOutcome, ModelQuality, RejectedLine, UnmatchedEvent, ground_truth,
};

/// Lines, events and leads in the text, of each kind.
const SHOWN: usize = 5;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder of labels: JSON Lines in folders `yyyy/mm/dd/hh`, by the hour of the label.
    folder: PathBuf,
    #[command(flatten)]
    paths: PathArgs,
    #[command(flatten)]
    wait: WaitArgs,
}

pub(crate) async fn run(args: Args, format: Format) -> Result<()> {
    let line = ProgressLine::bar("files of labels")?;
    let (paths, if_locked) = (args.paths.paths(), args.wait.if_locked());
    let outcome = ground_truth(&paths, &args.folder, if_locked, &|progress| line.show(progress)).await?;
    drop(line);
    format.print(&outcome, text)
}

fn text(outcome: &GroundTruthOutcome) -> String {
    let mut text = labels_text(outcome) + &left_out_text(outcome);
    outcome.models.iter().for_each(|model| text.push_str(&quality_text(model)));
    if outcome.models.is_empty() {
        text.push_str("no label names a stored prediction\n");
    }
    text
}

/// Returns what was read, as lines.
fn labels_text(outcome: &GroundTruthOutcome) -> String {
    let labels = outcome.labels;
    let mut text = format!(
        "{} files, {} events with labels: {} new, {} unchanged, {} changed by a later line, {} older than stored labels\n",
        outcome.files,
        labels.new + labels.unchanged + labels.changed + labels.outdated,
        labels.new,
        labels.unchanged,
        labels.changed,
        labels.outdated
    );
    for RejectedLine { file, line, reason } in outcome.rejected.iter().take(SHOWN) {
        text.push_str(&format!("rejected: {file}, line {line}: {reason}\n"));
    }
    for UnmatchedEvent { event_id, file, line } in outcome.unmatched.iter().take(SHOWN) {
        text.push_str(&format!("unmatched: {file}, line {line}: event `{event_id}` names no stored prediction\n"));
    }
    if let Some(path) = &outcome.rejected_file {
        let (rejected, unmatched) = (outcome.rejected.len(), outcome.unmatched.len());
        text.push_str(&format!(
            "{rejected} lines rejected, {unmatched} events unmatched, listed in {}\n",
            path.display()
        ));
    }
    text
}

/// Returns the labels that do not count, as lines.
fn left_out_text(outcome: &GroundTruthOutcome) -> String {
    let mut text = String::new();
    for event_id in outcome.row_count_mismatches.iter().take(SHOWN) {
        text.push_str(&format!("left out: `{event_id}` has another number of labels than of rows\n"));
    }
    if outcome.row_count_mismatches.len() > SHOWN {
        text.push_str(&format!("left out: {} more such events\n", outcome.row_count_mismatches.len() - SHOWN));
    }
    if outcome.late > 0 {
        text.push_str(&format!("left out: {} predictions later than the hour of their label\n", outcome.late));
    }
    for Contradiction { event_id, lead_id, label } in outcome.contradictions.iter().take(SHOWN) {
        let (label, outcome) = (u8::from(*label), u8::from(!*label));
        text.push_str(&format!(
            "overridden: `{event_id}` labels lead `{lead_id}` as {label}, and the outcome in the sources is {outcome}\n"
        ));
    }
    if outcome.contradictions.len() > SHOWN {
        text.push_str(&format!("overridden: {} more such labels\n", outcome.contradictions.len() - SHOWN));
    }
    text
}

/// Returns how well a model predicted its labels, as lines.
fn quality_text(quality: &ModelQuality) -> String {
    let ModelQuality { target, model_id, variant, shadow, rows, positives, positives_expected, threshold, metrics } =
        quality;
    let variant = variant.as_deref().unwrap_or("by prediction id");
    let shadow = if *shadow { ", shadow" } else { "" };
    let mut text = format!(
        "{target}, model {model_id}, {variant}{shadow}: {rows} predictions with labels, {positives} positive, \
         {positives_expected:.1} expected\n"
    );
    let Some(metrics) = metrics else {
        text.push_str("  all labels are the same: nothing to measure\n");
        return text;
    };
    let shown = |metric: &Metric| match metric.interval {
        Some(interval) => format!("{:.3} ({:.3} to {:.3})", metric.value, interval.low, interval.high),
        None => format!("{:.3}", metric.value),
    };
    text.push_str(&format!(
        "  AUC {}, log loss {}, Brier {}\n  at the threshold {threshold:.3}: precision {}, recall {}\n",
        shown(&metrics.auc),
        shown(&metrics.log_loss),
        shown(&metrics.brier),
        shown(&metrics.precision),
        shown(&metrics.recall),
    ));
    text
}
