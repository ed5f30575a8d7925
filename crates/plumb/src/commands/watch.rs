//! `plumb watch`: compares each week with the champion's training data and raises alerts.

use anyhow::Result;
use plumb_lead::Alert;

use super::arguments::TargetArgs;
use super::output::Format;
use super::progress::ProgressLine;
use super::retrain_text::settle_and_say;
use crate::lifecycle::monitor::{MonitorOutcome, monitor};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    targets: TargetArgs,
}

pub(crate) async fn run(args: Args, format: Format) -> Result<()> {
    let workspace = args.targets.paths.open().await?;
    let now = workspace.project.as_of(args.targets.as_of)?;
    let mut outcomes = format.outcomes(text);
    for target in workspace.project.targets_meant(&args.targets.target)? {
        let line = ProgressLine::bar(&format!("{target}: weeks"))?;
        let outcome = monitor(&workspace, &target, now, &|progress| line.show(progress)).await?;
        drop(line);
        outcomes.add(outcome)?;
        settle_and_say(&workspace, &target, now).await?;
    }
    outcomes.finish().map(drop)
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
