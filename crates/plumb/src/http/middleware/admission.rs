//! Admission control: how many requests are scored at a time. Past that, requests wait in a bounded queue, and past that
//! they get a 503 at once: a caller who gets one can do something else, a caller without a response cannot.

use std::time::Duration;

use axum::response::Response;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::http::error::Error;

/// How many requests are scored, and how many wait.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConcurrencyLimit {
    /// Requests that are scored at a time.
    pub(crate) working: usize,
    /// Requests that wait for their turn.
    pub(crate) waiting: usize,
    /// How long a request may wait and be scored; then it gets a 503.
    pub(crate) deadline: Duration,
}

impl ConcurrencyLimit {
    /// More at a time than there are cores, as most of a request's time is spent waiting for the disk; and a queue that one
    /// core empties in about a tenth of a second.
    pub(crate) const DEFAULT: ConcurrencyLimit =
        ConcurrencyLimit { working: 64, waiting: 512, deadline: Duration::from_secs(10) };
}

/// Admits requests up to a limit.
#[derive(Debug)]
pub(in crate::http) struct AdmissionControl {
    /// Permits of all requests, scored or waiting.
    admitted: Semaphore,
    /// Permits of requests that are scored.
    working: Semaphore,
    limit: ConcurrencyLimit,
}

impl AdmissionControl {
    pub(in crate::http) fn new(limit: ConcurrencyLimit) -> AdmissionControl {
        AdmissionControl {
            admitted: Semaphore::new(limit.working + limit.waiting),
            working: Semaphore::new(limit.working),
            limit,
        }
    }

    /// Returns how many requests are scored now, and how many wait.
    pub(in crate::http) fn depth(&self) -> (usize, usize) {
        let admitted = self.limit.working + self.limit.waiting - self.admitted.available_permits();
        let working = self.limit.working - self.working.available_permits();
        (working, admitted.saturating_sub(working))
    }

    /// Runs a request when its turn comes.
    pub(in crate::http) async fn run(&self, response: impl Future<Output = Response>) -> Result<Response, Error> {
        let _admitted = self.admitted.try_acquire().map_err(|_| Error::busy("the server is at its limit"))?;
        let in_turn = async {
            let _working = self.working.acquire().await.ok()?;
            Some(response.await)
        };
        let response = timeout(self.limit.deadline, in_turn).await.ok().flatten();
        response.ok_or_else(|| Error::busy("the request was not answered by its deadline"))
    }
}
