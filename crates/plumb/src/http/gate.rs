//! How much is scored at a time. Past that requests wait in a queue of a bounded length, and past that they are refused
//! at once: a caller who hears `busy` can do something else, one who hears nothing cannot.

use std::time::Duration;

use axum::response::Response;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::error::Error;

/// How much is taken on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// Requests that are scored at a time. More than there are cores: most of the time one waits for the disk.
    pub(crate) working: usize,
    /// Requests that wait for their turn.
    pub(crate) waiting: usize,
    /// A request that is not answered by then is told so.
    pub(crate) deadline: Duration,
}

/// What a server takes on unless told otherwise: a queue that a core empties in about a tenth of a second.
pub(crate) const LOAD: Load = Load { working: 64, waiting: 512, deadline: Duration::from_secs(10) };

#[derive(Debug)]
pub(super) struct Gate {
    /// A permit for each request that is inside or waits.
    inside: Semaphore,
    working: Semaphore,
    load: Load,
}

impl Gate {
    pub(super) fn new(load: Load) -> Gate {
        Gate { inside: Semaphore::new(load.working + load.waiting), working: Semaphore::new(load.working), load }
    }

    /// Returns how many requests are scored now, and how many wait.
    pub(super) fn depth(&self) -> (usize, usize) {
        let inside = self.load.working + self.load.waiting - self.inside.available_permits();
        let working = self.load.working - self.working.available_permits();
        (working, inside.saturating_sub(working))
    }

    /// Has a request answered when its turn comes.
    pub(super) async fn pass(&self, answer: impl Future<Output = Response>) -> Result<Response, Error> {
        let full = |_| Error::busy("the server has as much to do as it takes on");
        let _inside = self.inside.try_acquire().map_err(full)?;
        let answered = async {
            let _working = self.working.acquire().await.ok()?;
            Some(answer.await)
        };
        let answered = timeout(self.load.deadline, answered).await.ok().flatten();
        answered.ok_or_else(|| Error::busy("the request was not answered by its deadline"))
    }
}
