//! Runs whose process was killed.

use std::path::Path;

use anyhow::Result;
use plumb_lake::{DataLock, Error, IfLocked};
use plumb_schedule::RunState;

use super::record::lock_area;
use crate::store::{JobRun, Store};

/// Why a run ended that nobody saw end.
const KILLED: &str = "its process ended before it was done";

/// Notes of each run that goes on by its row, and holds no lock, that it was interrupted. Returns those that do go on, and those
/// that were interrupted.
pub(crate) async fn note_killed(store: &Store, data: &Path) -> Result<(Vec<JobRun>, Vec<JobRun>)> {
    let (mut running, mut killed) = (Vec::new(), Vec::new());
    for run in store.running_job_runs().await? {
        match DataLock::acquire(data, &lock_area(&run.run_id), IfLocked::Refuse, &|_| ()) {
            Err(Error::Locked { .. }) => running.push(run),
            Err(error) => return Err(error.into()),
            Ok(lock) => {
                let _lock = lock.removed_at_end();
                if store.end_job_run(&run.run_id, None, RunState::Interrupted, Some(KILLED)).await? {
                    let error = Some(KILLED.to_owned());
                    killed.push(JobRun { state: RunState::Interrupted, error, ..run });
                }
            }
        }
    }
    Ok((running, killed))
}
