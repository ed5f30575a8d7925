//! `plumb scheduler`: runs the jobs of `[schedule]` when they are due, without a server.

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, Utc};
use plumb_schedule::RunState;

use super::arguments::{PathArgs, timestamp};
use super::output::{Format, note};
use super::run_text::run_line;
use super::signals::stopped;
use crate::lifecycle::mirror;
use crate::lifecycle::workspace::ProjectPaths;
use crate::project::{Project, Schedule};
use crate::schedule::{
    Clock, PastClock, ProjectJobs, Scheduler, SchedulerMessage, Stop, StopSwitch, SystemClock, lock,
};
use crate::store::Store;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    paths: PathArgs,
    /// Live through past time from this moment on, without pauses: what the schedule would have done on the data that is there.
    /// A second run goes on where the first has stopped. Use a data folder of its own, by --data.
    #[arg(long, value_name = "TIME", value_parser = timestamp, requires = "until")]
    from: Option<DateTime<Utc>>,
    /// Live through past time until this moment, and end.
    #[arg(long, value_name = "TIME", value_parser = timestamp, requires = "from")]
    until: Option<DateTime<Utc>>,
}

pub(crate) async fn run(args: Args, format: Format) -> Result<()> {
    let paths = args.paths.paths();
    let project = Project::open(&paths.project)?;
    let schedule = project.schedule().cloned().with_context(|| {
        let file = paths.project.join("plumb.toml");
        format!(
            "`{}` has no schedule: expected a table `[schedule]`, with `ingest = \"0 5 * * *\"` for example",
            file.display()
        )
    })?;
    mirror::refuse_empty(&paths)?;
    let lock = lock(&paths.data)?;
    let store = paths.open_store().await?;
    let stop = stop_at_signals();
    match args.from.zip(args.until) {
        Some((from, until)) => {
            let clock = past_clock(&store, from, until).await?;
            run_by(&clock, &paths, &store, schedule, &stop, &lock, format).await
        }
        None => run_by(&SystemClock, &paths, &store, schedule, &stop, &lock, format).await,
    }
}

async fn run_by(
    clock: &dyn Clock,
    paths: &ProjectPaths,
    store: &Store,
    schedule: Schedule,
    stop: &Stop,
    lock: &plumb_lake::DataLock,
    format: Format,
) -> Result<()> {
    let jobs = ProjectJobs { paths: paths.clone() };
    let tell = |message: SchedulerMessage<'_>| tell(&message, format);
    Scheduler { paths, store, clock, jobs: &jobs, stop, tell: &tell }.run(schedule, lock).await
}

/// Returns a clock of past time that goes on where an earlier run has stopped.
async fn past_clock(store: &Store, from: DateTime<Utc>, until: DateTime<Utc>) -> Result<PastClock> {
    ensure!(from < until, "--until is not after --from");
    ensure!(
        until <= Utc::now(),
        "--until is still to come: without --from and --until, the schedule runs by the clock"
    );
    let newest = store.newest_job_moment().await?;
    Ok(PastClock::new(newest.map_or(from, |newest| newest.max(from)), until))
}

/// Prints a run that has begun, ended or was skipped; for programs, one that has ended, as a line of JSON.
fn tell(message: &SchedulerMessage<'_>, format: Format) {
    let line = match (message, format) {
        (SchedulerMessage::Note(line), _) => return note(&format!("{line}\n")),
        (SchedulerMessage::Run(run), Format::Text) => run_line(run),
        (SchedulerMessage::Run(run), Format::Json) if run.state == RunState::Running => return,
        (SchedulerMessage::Run(run), Format::Json) => serde_json::to_string(run).unwrap_or_default() + "\n",
    };
    if let Err(error) = format.print_text(&line) {
        note(&format!("{error:#}\n"));
    }
}

/// Returns what knows of a stop: at the first signal the present step is ended, at the second the program, at once.
fn stop_at_signals() -> Stop {
    let (switch, stop) = StopSwitch::new();
    tokio::spawn(async move {
        stopped().await;
        note("stopping when the present step is done; a second signal stops at once\n");
        switch.stop();
        stopped().await;
        // What is half done is taken up at the next start.
        std::process::exit(1);
    });
    stop
}
