//! Whether the disk takes what has to be recorded. A server whose disk is full still answers whatever is only read; but each
//! prediction fails, so it tells load balancers to ask another until there is room again.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::fs::statvfs;
use tokio::sync::Mutex;

use crate::journal::Journal;

/// With less than that free the server is not ready: the largest request with its answer, captured, in the journal and once
/// more in the database and its log.
const FREE_BYTES_MIN: u64 = 16 << 20;

/// A result is good for so long: whoever asks all the time costs the disk nothing.
const VALID: Duration = Duration::from_secs(1);

/// The last result, and when it was found.
#[derive(Debug, Default)]
struct Last {
    at: Option<Instant>,
    problem: Option<Arc<str>>,
}

/// Looks at the disk of a data folder, at most once a second.
#[derive(Debug)]
pub(super) struct DiskCheck {
    data: PathBuf,
    last: Mutex<Last>,
}

impl DiskCheck {
    pub(super) fn new(data: &Path) -> DiskCheck {
        DiskCheck { data: data.to_owned(), last: Mutex::default() }
    }

    /// Returns why nothing can be recorded now, if so.
    pub(super) async fn problem(&self, journal: &Arc<Journal>) -> Option<Arc<str>> {
        let mut last = self.last.lock().await;
        if last.at.is_some_and(|at| at.elapsed() < VALID) {
            return last.problem.clone();
        }
        let (data, journal) = (self.data.clone(), journal.clone());
        // Both ask the disk, which may take its time.
        let found = tokio::task::spawn_blocking(move || free_space_problem(&data).or_else(|| journal.problem()));
        let problem = found.await.unwrap_or_else(|error| Some(format!("the disk was not looked at: {error}")));
        match (&last.problem, &problem) {
            (None, Some(problem)) => tracing::error!("not ready: {problem}"),
            (Some(_), None) => tracing::warn!("ready again"),
            _ => {}
        }
        *last = Last { at: Some(Instant::now()), problem: problem.map(Arc::from) };
        last.problem.clone()
    }
}

fn free_space_problem(data: &Path) -> Option<String> {
    match statvfs(data) {
        Ok(found) => {
            let free = found.f_bavail.saturating_mul(found.f_frsize);
            let is_little = free < FREE_BYTES_MIN;
            is_little.then(|| {
                format!("the disk of the data folder has {} MiB free, under {}", free >> 20, FREE_BYTES_MIN >> 20)
            })
        }
        Err(error) => Some(format!("the data folder cannot be looked at: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_gone_is_a_problem() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        assert_eq!(free_space_problem(folder.path()), None);
        let problem = free_space_problem(&folder.path().join("gone")).expect("it is gone");
        assert!(problem.contains("cannot be looked at"), "{problem}");
    }
}
