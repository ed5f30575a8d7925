//! `plumb runs`: shows the runs of jobs, by the schedule and by hand.

use anyhow::Result;
use plumb_schedule::Job;

use super::arguments::{PathArgs, number};
use super::output::Format;
use super::run_text::run_line;
use crate::runs::note_killed;
use crate::store::{JobRun, Store};

/// Runs that are shown, by default.
const SHOWN: usize = 20;

/// The most runs that are shown.
const SHOWN_MAX: u64 = 100_000;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    paths: PathArgs,
    /// Show the runs of this job alone: ingest, score, monitor, retrain, compact or back_up.
    #[arg(long, value_name = "JOB", value_parser = job)]
    job: Option<Job>,
    /// Show at most so many, the newest.
    #[arg(long, value_name = "NUMBER", default_value_t = SHOWN, value_parser = number(1..=SHOWN_MAX))]
    limit: usize,
    /// Also show what each reported while it went on.
    #[arg(long)]
    log: bool,
}

fn job(text: &str) -> Result<Job, String> {
    Job::parse(text).map_err(|error| error.to_string())
}

pub(crate) async fn run(args: Args, format: Format) -> Result<()> {
    let paths = args.paths.paths();
    let store = Store::open_existing(&paths.data.join("plumb.db")).await?;
    note_killed(&store, &paths.data).await?;
    let runs = store.job_runs(args.job, None, args.limit).await?;
    format.print(&runs, |runs| text(runs, args.log))
}

/// Returns runs as lines, newest first.
fn text(runs: &[JobRun], with_logs: bool) -> String {
    if runs.is_empty() {
        return "nothing has run yet\n".to_owned();
    }
    let mut text = String::new();
    for run in runs {
        text.push_str(&run_line(run));
        if with_logs {
            text.extend(run.log.lines().map(|line| format!("  {line}\n")));
        }
    }
    text
}
