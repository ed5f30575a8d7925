//! `plumb monitor`: compares each week with the champion's training data and raises alerts, or compares any two files.

use std::path::PathBuf;

use anyhow::Result;
use plumb_schedule::Job;

use super::alerts_text::alert_lines;
use super::arguments::{TargetArgs, WaitArgs, current_user};
use super::monitor_files_text::files_text;
use super::output::Format;
use super::progress::ProgressLine;
use super::reading_arguments::percent;
use super::retrain_text::settle_and_say;
use crate::lifecycle::alerts::grouped;
use crate::lifecycle::locks;
use crate::lifecycle::monitor::{FilesRequest, MonitorOutcome, compare_files, monitor};
use crate::lifecycle::progress::Progress;
use crate::runs::RunByHand;
use crate::schedule::summary::{self, of_targets};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    targets: TargetArgs,
    #[command(flatten)]
    wait: WaitArgs,
    /// Compare two files instead: this one, the earlier, …
    #[arg(long, value_name = "FILE", requires = "current", conflicts_with_all = ["target", "as_of"])]
    reference: Option<PathBuf>,
    /// … with this one.
    #[arg(long, value_name = "FILE", requires = "reference")]
    current: Option<PathBuf>,
    /// Go on if at most this share of a file's rows cannot be read.
    #[arg(long, value_name = "PERCENT", requires = "reference", default_value_t = 1.0, value_parser = percent)]
    allow_lost: f64,
}

pub(crate) async fn run(args: Args, format: Format) -> Result<()> {
    if let (Some(reference), Some(current)) = (args.reference, args.current) {
        let request = FilesRequest { reference, current, allow_lost_percent: args.allow_lost };
        return format.print(&compare_files(request).await?, files_text);
    }
    let workspace = args.targets.paths.open().await?;
    let now = workspace.as_of(args.targets.as_of)?;
    let run = RunByHand::begin(&args.targets.paths.paths(), Job::Monitor, &current_user()).await?;
    let log = run.log();
    let monitored = async {
        let mut outcomes = format.outcomes(text);
        for target in workspace.project.targets_meant(&args.targets.target)? {
            let line = ProgressLine::bar(&format!("{target}: weeks"))?;
            let show = |progress: Progress<'_>| {
                log.progress(progress);
                line.show(progress);
            };
            let _lock = locks::job(&workspace.data, Job::Monitor, &target, args.wait.if_locked(), &show)?;
            let outcome = monitor(&workspace, &target, now, &show).await?;
            drop(line);
            outcomes.add(outcome)?;
            settle_and_say(&workspace, &target, now).await?;
        }
        outcomes.finish()
    };
    let summary = |all: &Vec<MonitorOutcome>| of_targets(all, |outcome| &outcome.target, summary::monitored);
    run.end(monitored.await, summary).await.map(drop)
}

/// Returns the outcome as lines.
pub(crate) fn text(outcome: &MonitorOutcome) -> String {
    let target = &outcome.target;
    let mut text = String::new();
    if outcome.retired > 0 {
        text += &format!("{target}: {} alerts of former champions are history now\n", outcome.retired);
    }
    if outcome.alerts.is_empty() && outcome.still_there.is_empty() {
        return text + &format!("{target}: no alerts; the monitoring page shows each week\n");
    }
    if outcome.alerts.is_empty() {
        let count = outcome.still_there.len();
        text += &format!("{target}: no new alerts; {count} of earlier runs still there: `plumb alerts` lists them\n");
    }
    for group in grouped(&outcome.alerts) {
        text += &alert_lines(&group);
    }
    text
}
