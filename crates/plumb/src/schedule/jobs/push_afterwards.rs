//! The push after a job, if the project says so.

use std::time::Duration;

use plumb_lake::IfLocked;

use crate::lifecycle::mirror::push;
use crate::lifecycle::workspace::ProjectPaths;
use crate::project::Project;
use crate::runs::RunRecord;

/// How long a job waits for a command that writes the same part of the data. It fails then, and is tried again.
pub(super) const WAIT: IfLocked = IfLocked::Wait(Some(Duration::from_secs(15 * 60)));

/// In whose name the schedule works.
pub(crate) const BY: &str = "schedule";

/// Pushes if the project says so. A failure is in the log, and the job's own work stands.
pub(super) async fn push_afterwards(paths: &ProjectPaths, project: &Project, record: &RunRecord) {
    if !project.bucket().is_some_and(|bucket| bucket.push) {
        return;
    }
    let line = match push(paths, BY, WAIT, false, &|_| ()).await {
        Ok(pushed) => format!("pushed {} of {} files to `{}`", pushed.files_sent, pushed.files, pushed.url),
        Err(error) => format!("not pushed, the work itself is done: {error:#}"),
    };
    record.log().line(&line);
}
