//! The parts of a data folder that one command at a time writes. What is written under the name of its hash needs no lock,
//! and what is one transaction of the operational database has SQLite's.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use plumb_lake::{DataLock, GROUND_AREA, IfLocked};
use plumb_schedule::Job;

use super::progress::{OnProgress, Progress};

/// A change of stages or variants takes milliseconds, so that others wait for it unasked, but not for ever.
const REGISTRY_WAIT: Duration = Duration::from_secs(30);

/// Locks the raw rows, the ground and the open leads that are stored for requests.
pub(crate) fn ground(data: &Path, if_locked: IfLocked, progress: OnProgress<'_>) -> Result<DataLock> {
    lock(data, GROUND_AREA, if_locked, progress)
}

/// Locks the ranked list of a target.
pub(crate) fn scores(data: &Path, target: &str, if_locked: IfLocked, progress: OnProgress<'_>) -> Result<DataLock> {
    lock(data, &format!("score-{target}"), if_locked, progress)
}

/// Locks a job of a target that writes nothing which another lock is for: two at once would do the same work twice.
pub(crate) fn job(
    data: &Path,
    job: Job,
    target: &str,
    if_locked: IfLocked,
    progress: OnProgress<'_>,
) -> Result<DataLock> {
    lock(data, &format!("{job}-{target}"), if_locked, progress)
}

/// Locks the labels from outside, with the list of those that were rejected.
pub(crate) fn ground_truth(data: &Path, if_locked: IfLocked, progress: OnProgress<'_>) -> Result<DataLock> {
    lock(data, "ground-truth", if_locked, progress)
}

/// Locks the stages and variants of all targets: what they become depends on what they were.
pub(crate) fn registry(data: &Path) -> Result<DataLock> {
    Ok(DataLock::acquire(data, "registry", IfLocked::Wait(Some(REGISTRY_WAIT)), &|_| ())?)
}

fn lock(data: &Path, area: &str, if_locked: IfLocked, progress: OnProgress<'_>) -> Result<DataLock> {
    Ok(DataLock::acquire(data, area, if_locked, &|line| progress(Progress::Waiting(line)))?)
}
