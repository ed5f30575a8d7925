//! `plumb train`: trains candidate models of each target, and nominates the best.

use std::fmt::Write;
use std::net::SocketAddr;

use anyhow::Result;
use plumb_lake::IfLocked;
use plumb_lead::{Interval, Metric, OutOfCoreSettings, Profit, Quantiles, Recency};

use super::arguments::{EffortArgs, ROWS_MAX, THREADS_MAX, TargetArgs, WaitArgs, check_bind, current_user, number};
use super::model_text::{left_out_text, metrics_heading, metrics_line, nomination_line};
use super::output::Format;
use super::push::afterwards;
use super::training_progress::TrainingProgress;
use crate::lifecycle::train::{self, TrainingOutcome};
use crate::training::{LeftOut, OutOfCore, TrainingSpec};
use crate::workers::Launch;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    targets: TargetArgs,
    #[command(flatten)]
    effort: EffortArgs,
    #[command(flatten)]
    out_of_core: OutOfCoreArgs,
    #[command(flatten)]
    wait: WaitArgs,
}

/// How more rows than memory holds are learned from.
#[derive(clap::Args)]
struct OutOfCoreArgs {
    /// Grow the trees out of core, by this many processes that share the rows; choose and measure on samples.
    #[arg(long, value_name = "COUNT", value_parser = number(1..=THREADS_MAX))]
    workers: Option<usize>,
    /// Sample at most this many rows.
    #[arg(long, value_name = "ROWS", default_value = "200000", requires = "workers", value_parser = number(1..=ROWS_MAX))]
    sample_rows: usize,
    /// Store the quantiles of the rows on the disk too, where even they are too much for memory.
    #[arg(long, requires = "workers")]
    on_disk: bool,
    /// Wait for workers that you start on other machines, at the first of sixteen ports from this one that is free.
    ///
    /// The machines need to see the data folder. The commands to run, `plumb cluster worker`, are printed. Another address
    /// than this machine's own needs the same token in PLUMB_CLUSTER_TOKEN everywhere.
    #[arg(long, value_name = "ADDRESS:PORT", requires = "workers")]
    meet_at: Option<SocketAddr>,
}

impl OutOfCoreArgs {
    fn out_of_core(&self, if_locked: IfLocked) -> Result<Option<OutOfCore>> {
        let launch = match self.meet_at {
            None => Launch::Local,
            Some(address) => {
                check_bind("--meet-at", address.ip())?;
                Launch::Remote(address)
            }
        };
        let quantiles = if self.on_disk { Quantiles::OnDisk } else { Quantiles::InMemory };
        Ok(self.workers.map(|workers| {
            let settings = OutOfCoreSettings { workers, sample_rows: self.sample_rows, quantiles };
            OutOfCore { settings, launch, if_locked }
        }))
    }
}

pub(crate) async fn run(args: Args, format: Format) -> Result<()> {
    let workspace = args.targets.paths.open().await?;
    let as_of = workspace.as_of(args.targets.as_of)?;
    let (search, out_of_core) = (args.effort.search()?, args.out_of_core.out_of_core(args.wait.if_locked())?);
    let mut outcomes = format.outcomes(text);
    for target in workspace.project.targets_meant(&args.targets.target)? {
        let (seed, left_out, recency) = (args.effort.seed, LeftOut::Suspects, Recency::default());
        let spec = TrainingSpec { target, as_of, seed, search, out_of_core, left_out, recency };
        let progress = TrainingProgress::show();
        let outcome = train::train(&workspace, spec, &current_user(), &progress.callback()).await?;
        drop(progress);
        outcomes.add(outcome)?;
    }
    outcomes.finish()?;
    afterwards(&args.targets.paths.paths()).await;
    Ok(())
}

/// Returns the outcome of a training as lines.
pub(crate) fn text(outcome: &TrainingOutcome) -> String {
    candidates_text(outcome) + &nomination_line(&outcome.nomination)
}

/// Returns the candidate models side by side, and which was chosen.
pub(crate) fn candidates_text(outcome: &TrainingOutcome) -> String {
    let best = outcome.best();
    let Some(metrics) = &best.metrics else { return cold_start_text(outcome) };
    let from = outcome.tested_from.map_or_else(String::new, |from| format!(" from {} on", from.format("%Y-%m-%d")));
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "{} as of {}, tested on {} rows of leads that came{from}, {:.1} % positive",
        outcome.target,
        outcome.as_of.format("%Y-%m-%d"),
        metrics.rows,
        100.0 * metrics.positives as f64 / metrics.rows.max(1) as f64
    );
    text.push_str(&metrics_heading(metrics.beta));
    for (index, card) in outcome.candidates.iter().enumerate() {
        let mark = if index == outcome.chosen { '*' } else { ' ' };
        let _ = writeln!(text, "{mark} {}", metrics_line(card));
    }
    let _ = writeln!(text, "  chosen: {}", outcome.why);
    best.profits.iter().for_each(|profit| text.push_str(&profit_line(profit)));
    text.push_str(&left_out_text(&outcome.target, &outcome.left_out_suspects(), outcome.with_suspects.as_ref()));
    outcome.rules_not_used.iter().for_each(|rule| text.push_str(&format!("  {rule}\n")));
    text
}

/// Returns a cold start's only model, which could not be measured.
fn cold_start_text(outcome: &TrainingOutcome) -> String {
    let best = outcome.best();
    let mut text = format!("{} as of {}: {}\n", outcome.target, outcome.as_of.format("%Y-%m-%d"), outcome.why);
    let _ = writeln!(text, "  threshold {:.3}: {}", best.threshold.score, best.threshold.why);
    let not_noted = outcome.rules_not_used.iter().filter(|line| !best.notes.contains(line));
    best.notes.iter().chain(not_noted).for_each(|line| text.push_str(&format!("  {line}\n")));
    text.push_str(&left_out_text(&outcome.target, &outcome.left_out_suspects(), None));
    text
}

/// Returns what a policy would have earned, in one line.
fn profit_line(profit: &Profit) -> String {
    let money = |metric: &Metric| match metric.interval {
        Some(Interval { low, high }) => format!("{:.0} ({low:.0} to {high:.0})", metric.value),
        None => format!("{:.0}", metric.value),
    };
    let rules = profit.rules.as_ref().map_or_else(String::new, |rules| format!("by the rules {}, ", money(rules)));
    format!(
        "  {}: calling at {} of {} rows would have earned {}; {rules}as they come {}, knowing everything {}\n",
        profit.policy,
        profit.calls,
        profit.rows,
        money(&profit.model),
        money(&profit.arrival),
        money(&profit.perfect)
    )
}
