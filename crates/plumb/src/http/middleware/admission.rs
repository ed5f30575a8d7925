//! Admission control: how many requests are scored at a time. Past that, requests wait in a bounded queue; past that they
//! stand in line, with nothing read of them but their headers, while their bodies wait in the system's buffers; and who
//! stands in line too long gets a 503: a caller who gets one can do something else, a caller without a response cannot.
//!
//! A refusal comes after that wait and not at once. Callers that retry in a loop would otherwise keep the processor busy with
//! refusals: 1,500 of them left a seventh of it for answers.

use std::time::Duration;

use axum::response::Response;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use crate::http::error::Error;

/// How many requests are scored, and how many wait.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConcurrencyLimit {
    /// Requests that are scored at a time.
    pub(crate) working: usize,
    /// Requests that wait for their turn.
    pub(crate) waiting: usize,
    /// How long a request stands in line to be one of these; then it gets a 503.
    pub(crate) patience: Duration,
    /// How long a request may wait and be scored; then it gets a 503.
    pub(crate) deadline: Duration,
}

impl ConcurrencyLimit {
    /// More at a time than there are cores, as most of a request's time is spent waiting for the disk; and a queue that one
    /// core empties in about a tenth of a second. All 2,048 connections in line for two seconds are a thousand refusals a
    /// second, which cost less than a tenth of a core; and whoever is served within the time is not refused.
    pub(crate) const DEFAULT: ConcurrencyLimit = ConcurrencyLimit {
        working: 64,
        waiting: 512,
        patience: Duration::from_secs(2),
        deadline: Duration::from_secs(10),
    };
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

    /// Stands in line until the request may be read and wait for its turn.
    pub(in crate::http) async fn line_up(&self) -> Result<Admitted<'_>, Error> {
        let at_limit = || Error::busy("the server is at its limit");
        if let Ok(permit) = self.admitted.try_acquire() {
            return Ok(Admitted(permit));
        }
        let in_line = timeout(self.limit.patience, self.admitted.acquire());
        in_line.await.ok().and_then(Result::ok).map(Admitted).ok_or_else(at_limit)
    }

    /// Runs an admitted request when its turn comes.
    pub(in crate::http) async fn run(
        &self,
        _admitted: Admitted<'_>,
        response: impl Future<Output = Response>,
    ) -> Result<Response, Error> {
        let in_turn = async {
            let _working = self.working.acquire().await.ok()?;
            Some(response.await)
        };
        let response = timeout(self.limit.deadline, in_turn).await.ok().flatten();
        response.ok_or_else(|| Error::busy("the request was not answered by its deadline"))
    }
}

/// A request's place among those that are scored or wait for their turn, given back when it is dropped.
#[derive(Debug)]
pub(in crate::http) struct Admitted<'a>(#[expect(dead_code, reason = "held until it is dropped")] SemaphorePermit<'a>);
