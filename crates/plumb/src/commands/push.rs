//! `plumb push`: copies to the project's bucket what it lacks of the data folder.

use std::time::Duration;

use anyhow::Result;
use plumb_lake::IfLocked;
use plumb_mirror::Pushed;

use super::arguments::{PathArgs, WaitArgs, current_user};
use super::output::{Format, note};
use super::progress::ProgressLine;
use crate::lifecycle::mirror::push;
use crate::lifecycle::workspace::ProjectPaths;
use crate::project::Project;

/// How long a push after another command waits for an ingestion.
const WAIT_AFTERWARDS: Duration = Duration::from_secs(30);

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    paths: PathArgs,
    #[command(flatten)]
    wait: WaitArgs,
    /// Say what would be sent, and write nothing.
    #[arg(long)]
    dry_run: bool,
}

pub(crate) async fn run(args: Args, format: Format) -> Result<()> {
    let line = ProgressLine::bar("KB")?;
    let (paths, if_locked) = (args.paths.paths(), args.wait.if_locked());
    let pushed = push(&paths, &current_user(), if_locked, args.dry_run, &|progress| line.show(progress)).await?;
    drop(line);
    format.print(&pushed, text)
}

/// Pushes after another command, if the project says so. A failure is said, and the command's own work stands.
pub(crate) async fn afterwards(paths: &ProjectPaths) {
    let is_wanted =
        Project::open(&paths.project).is_ok_and(|project| project.bucket().is_some_and(|bucket| bucket.push));
    if !is_wanted {
        return;
    }
    let if_locked = IfLocked::Wait(Some(WAIT_AFTERWARDS));
    match push(paths, &current_user(), if_locked, false, &|_| ()).await {
        Ok(pushed) => note(&text(&pushed)),
        Err(error) => {
            note(&format!("warning: not pushed, the work itself is done: {error:#}; run `plumb push` later\n"))
        }
    }
}

fn text(pushed: &Pushed) -> String {
    let Pushed { url, version, unchanged, files, files_sent, bytes_sent, .. } = pushed;
    match version {
        Some(version) if *unchanged => format!("nothing is new: `{url}` holds {version}, {files} files\n"),
        Some(version) => format!("pushed {files_sent} of {files} files, {bytes_sent} bytes: `{url}` holds {version}\n"),
        None => format!("would push {files_sent} of {files} files, {bytes_sent} bytes, to `{url}`\n"),
    }
}
