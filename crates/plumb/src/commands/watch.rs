//! `plumb watch`: compares each week with the champion's training data and raises alerts.

use anyhow::Result;
use plumb_lead::Alert;
use plumb_schedule::Job;

use super::arguments::{TargetArgs, WaitArgs, current_user};
use super::output::Format;
use super::progress::ProgressLine;
use crate::lifecycle::locks;
use crate::lifecycle::monitor::{MonitorOutcome, monitor};
use crate::lifecycle::progress::Progress;
use crate::runs::RunByHand;
use crate::schedule::summary::{self, of_targets};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    targets: TargetArgs,
    #[command(flatten)]
    wait: WaitArgs,
}

pub(crate) async fn run(args: Args, format: Format) -> Result<()> {
    let workspace = args.targets.paths.open().await?;
    let now = workspace.project.as_of(args.targets.as_of)?;
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
        }
        outcomes.finish()
    };
    let summary = |all: &Vec<MonitorOutcome>| of_targets(all, |outcome| &outcome.target, summary::monitored);
    run.end(monitored.await, summary).await.map(drop)
}

/// Returns the outcome as lines.
pub(crate) fn text(outcome: &MonitorOutcome) -> String {
    let target = &outcome.target;
    if outcome.alerts.is_empty() {
        return format!("{target}: no new alerts; the monitoring page shows each week\n");
    }
    let line = |alert: &Alert| {
        let column = if alert.column == alert.target { "outcomes".to_owned() } else { format!("`{}`", alert.column) };
        format!("{target}, since the week of {}: {column}: {}\n", alert.since.format("%Y-%m-%d"), alert.text)
    };
    outcome.alerts.iter().map(line).collect()
}
