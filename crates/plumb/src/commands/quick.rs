//! `plumb quick`: from one CSV file to a leaderboard and a model, with a warning of columns that may reveal the outcome.

use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use plumb_lead::{LeakEvidence, Metric};

use super::arguments::{ROWS_MAX, number};
use super::output::Format;
use super::progress::ProgressLine;
use crate::lifecycle::progress::SharedProgress;
use crate::lifecycle::quick::{
    BETA, ColumnChoice, FileSummary, LeaderboardGroup, PooledMetrics, QuickOutcome, QuickRequest, TargetSummary, quick,
};

/// Rejected rows in the text.
const REJECTED_SHOWN: usize = 5;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Read this CSV file, whose first line names the columns.
    file: PathBuf,
    /// Predict this column of two values, such as yes and no.
    #[arg(long, value_name = "COLUMN")]
    target: String,
    /// Count this value of the target as positive [default: yes, true or 1, or else the rarer one].
    #[arg(long, value_name = "VALUE")]
    positive: Option<String>,
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
}

pub(crate) async fn run(args: Args, format: Format) -> Result<()> {
    let request = QuickRequest {
        file: args.file,
        target: args.target,
        positive: args.positive,
        columns: ColumnChoice { leave_out: args.leave_out, keep: args.keep },
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

fn text(outcome: &QuickOutcome) -> String {
    let mut text = file_text(&outcome.file, &outcome.target);
    text.push_str(&leaks_text(&outcome.leaks));
    text.push_str(&format!("\n{}\n", leaderboard_text(&outcome.leaderboard)));
    outcome.pooled.iter().for_each(|pooled| text.push_str(&format!("{}\n", pooled_text(pooled))));
    text.push_str(&model_text(outcome));
    text
}

fn file_text(file: &FileSummary, target: &TargetSummary) -> String {
    let delimiter = if file.delimiter == '\t' { "a tab".to_owned() } else { format!("`{}`", file.delimiter) };
    let (path, rows, columns) = (file.path.display(), file.rows, file.columns);
    let mut lines = vec![format!("{path}: {rows} rows, {columns} columns, separated by {delimiter}")];
    lines.extend(file.rejected.iter().take(REJECTED_SHOWN).map(|row| format!("rejected: {row}")));
    if file.rejected.len() > REJECTED_SHOWN {
        lines.push(format!("rejected: {} rows in all", file.rejected.len()));
    }
    if target.rows_missing > 0 {
        lines.push(format!("rejected: {} rows in which the target is missing", target.rows_missing));
    }
    lines.push(format!(
        "positive: `{}` = {} ({}; choose with --positive); {:.1} % of the rows",
        target.column,
        target.positive,
        target.why,
        100.0 * target.base_rate
    ));
    lines.join("\n") + "\n"
}

fn leaks_text(leaks: &[LeakEvidence]) -> String {
    if leaks.is_empty() {
        return String::new();
    }
    let names: Vec<&str> = leaks.iter().map(|leak| leak.column.as_str()).collect();
    let lines: String = leaks.iter().map(|leak| format!("  `{}`: {}\n", leak.column, leak.why)).collect();
    let names = names.join(",");
    format!(
        "\nwarning: suspected leaks, columns that may be known only after the outcome\n{lines}  \
         Leave them out for good with `--leave-out {names}`, or say with `--keep {names}` that they are known before.\n"
    )
}

fn leaderboard_text(groups: &[LeaderboardGroup]) -> String {
    let mut text = format!(
        "{:<10} {:>7} {:>9} {:>7} {:>10} {:>7} {:>9}\n",
        "",
        "AUC",
        "avg prec",
        format!("F{BETA}"),
        "threshold",
        "Brier",
        "lift 10%"
    );
    for LeaderboardGroup { heading, models, .. } in groups {
        let Some(first) = models.first() else { continue };
        let (rows, positives) = (first.metrics.rows, first.metrics.positives);
        let percent = 100.0 * positives as f64 / rows.max(1) as f64;
        text.push_str(&format!("\n{heading} ({rows} rows, {percent:.1} % positive)\n"));
        for model in models {
            let metrics = &model.metrics;
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "{:<10} {:>7.3} {:>9.3} {:>7.3} {:>10.3} {:>7.3} {:>9.2}",
                model.kind.word(),
                metrics.auc.value,
                metrics.average_precision.value,
                metrics.f_beta.value,
                model.threshold,
                metrics.brier.value,
                metrics.lift_top_decile.value,
            );
        }
    }
    for group in groups {
        if let Some(why) = &group.not_measured {
            text.push_str(&format!("\n{}: {why}\n", group.heading));
        }
    }
    text
}

fn pooled_text(pooled: &PooledMetrics) -> String {
    let mut text = String::new();
    if let Some(first) = pooled.models.first() {
        let (rows, positives) = (first.metrics.rows, first.metrics.positives);
        let percent = 100.0 * positives as f64 / rows.max(1) as f64;
        text = format!("{} ({rows} rows pooled, {percent:.1} % positive; 95 % intervals)\n", pooled.heading);
        text.push_str(&format!("{:<10} {:>21} {:>21} {:>21} {:>21}\n", "", "AUC", "avg prec", "Brier", "log loss"));
    }
    for model in &pooled.models {
        let metrics = &model.metrics;
        let shown = [&metrics.auc, &metrics.average_precision, &metrics.brier, &metrics.log_loss].map(with_interval);
        let [auc, average_precision, brier, log_loss] = shown;
        text.push_str(&format!(
            "{:<10} {auc:>21} {average_precision:>21} {brier:>21} {log_loss:>21}\n",
            model.kind.word()
        ));
    }
    text
}

fn with_interval(metric: &Metric) -> String {
    match metric.interval {
        Some(interval) => format!("{:.4} ({:.3}-{:.3})", metric.value, interval.low, interval.high),
        None => format!("{:.4}", metric.value),
    }
}

fn model_text(outcome: &QuickOutcome) -> String {
    let QuickOutcome { model, folder, drift_warning, .. } = outcome;
    let (kind, id, folder) = (model.kind.word(), &model.model_id, folder.display());
    let mut text = format!("saved: {kind} `{id}` in {folder}\n");
    text.push_str(&format!("  threshold {:.3}: {}\n", model.threshold.score, model.threshold.why));
    model.notes.iter().for_each(|note| text.push_str(&format!("  {note}\n")));
    if let Some(warning) = drift_warning {
        text.push_str(&format!("warning: {warning}\n"));
    }
    text + &format!("next: `plumb serve --data {folder}` or `plumb score --data {folder}`\n")
}
