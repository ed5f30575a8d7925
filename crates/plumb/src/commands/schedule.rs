//! `plumb schedule`: shows each job with its last run and its next, or prints the schedule for another program.

use std::path::{Path, absolute};

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use clap::ValueEnum;
use plumb_schedule::print::{Printed, crontab, kubernetes, systemd};

use super::arguments::{PathArgs, current_user};
use super::output::Format;
use crate::lifecycle::jobs::{JobStatus, overview};
use crate::lifecycle::workspace::ProjectPaths;
use crate::project::Project;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    paths: PathArgs,
    /// Print the schedule for a program that begins others: units for systemd, manifests for Kubernetes, lines for cron.
    #[arg(long, value_name = "PROGRAM")]
    print: Option<Program>,
}

/// A program that begins others at set times.
#[derive(Clone, Copy, ValueEnum)]
enum Program {
    Systemd,
    Kubernetes,
    Crontab,
}

pub(crate) async fn run(args: Args, format: Format) -> Result<()> {
    let paths = args.paths.paths();
    let project = Project::open(&paths.project)?;
    if let Some(program) = args.print {
        return format.print_text(&printed(&paths, &project, program)?);
    }
    // A database that is not there is not made.
    let store = match paths.data.join("plumb.db").is_file() {
        true => Some(paths.open_store().await?),
        false => None,
    };
    let scheduled = project.schedule().map_or(&[][..], |schedule| &schedule.jobs);
    let jobs = overview(Some(scheduled), store.as_ref(), Utc::now()).await?;
    format.print(&jobs, |jobs| text(jobs))
}

/// Returns the schedule as another program has it.
fn printed(paths: &ProjectPaths, project: &Project, program: Program) -> Result<String> {
    let schedule = project.schedule().context("plumb.toml has no schedule: expected a table `[schedule]`")?;
    let whole = |path: &Path| -> Result<String> {
        let path = absolute(path).with_context(|| format!("cannot say where `{}` is", path.display()))?;
        let path = path.canonicalize().unwrap_or(path);
        path.to_str().map(str::to_owned).with_context(|| format!("the name of `{}` is no text", path.display()))
    };
    let program_path = whole(&std::env::current_exe().context("cannot say where this program is")?)?;
    let folder = whole(&paths.project)?;
    let is_default = *paths == ProjectPaths::new(&paths.project, None);
    let data = if is_default { None } else { Some(whole(&paths.data)?) };
    let printed = Printed {
        jobs: &schedule.jobs,
        jitter: schedule.jitter,
        program: &program_path,
        project: &folder,
        data: data.as_deref(),
        user: &current_user(),
    };
    Ok(match program {
        Program::Systemd => systemd(&printed),
        Program::Kubernetes => kubernetes(&printed),
        Program::Crontab => crontab(&printed),
    }?)
}

/// Returns the jobs as lines.
pub(crate) fn text(jobs: &[JobStatus]) -> String {
    if jobs.is_empty() {
        return "nothing is scheduled, and nothing has run: `[schedule]` in plumb.toml says when what is done\n"
            .to_owned();
    }
    jobs.iter().map(line).collect()
}

/// Returns a job as a line.
pub(crate) fn line(job: &JobStatus) -> String {
    let minute = |at: DateTime<Utc>| at.format("%Y-%m-%d %H:%M UTC").to_string();
    let times = match (&job.times, &job.time_zone) {
        (Some(times), Some(zone)) => format!("{times} {zone}"),
        _ => "by hand".to_owned(),
    };
    let last = job
        .last
        .as_ref()
        .map_or_else(|| "never run".to_owned(), |run| format!("last {}, {}", minute(run.started), run.state.word()));
    let next = job.next.map(|next| format!(", next {}", minute(next))).unwrap_or_default();
    format!("  {:<8} {times:<32} {last}{next}\n", job.job.word())
}
